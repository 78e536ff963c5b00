# SPDX-License-Identifier: LGPL-2.1-or-later
# FATE tests of the filter, kept outside FFmpeg's tree. tests/fate.sh runs them:
#   make MAKEFILES=.../tests/fate/lineartcolor.mak LAC_CLIP=.../build/tests/clip/clip fate-lineartcolor
# Exact tests see no pixel that depends on the weights: pictures are blanked, or compared with their reference.

LAC_FATE := $(dir $(lastword $(MAKEFILE_LIST)))
-include ffbuild/config.mak

# 13 frames of 192x108: line/0000.png ... 0012.png, gray, and color/ likewise, RGB.
LAC_DATA := tests/data/lac
LAC_LINE := -framerate 24 -i $(LAC_DATA)/line/%04d.png
LAC_COLOR := -framerate 24 -i $(LAC_DATA)/color/%04d.png
C := $(LAC_DATA)/color/
L := $(LAC_DATA)/line/
LAC_NET := device=cpu:precision=fp32:size=64:threads=2
LAC := lineartcolor=$(LAC_NET):temporal=off
REFS := refs=0=$(C)0000.png|0.5=$(C)0012.png
OWN := refs=0=$(C)0000.png+$(L)0000.png|0.5=$(C)0012.png+$(L)0012.png
BLANK := drawbox=c=white:t=fill

$(LAC_DATA)/made: $(LAC_CLIP) | tests/data
	$(Q)rm -rf $(LAC_DATA) && mkdir -p $(LAC_DATA)/keys '$(LAC_DATA)/with space'
	$(Q)$(LAC_CLIP) --size 192x108 --frames 13 $(LAC_DATA)
	$(Q)cp $(C)0000.png $(LAC_DATA)/keys/key00000.png && cp $(C)0012.png $(LAC_DATA)/keys/key00012.png
	$(Q)cp $(C)0012.png '$(LAC_DATA)/with space/last one.png' && cp $(LAC_FATE)keys.txt $(LAC_DATA)/
	$(Q)touch $@

# The character alone, RGBA, with line art in RGB whose shadows have red borders; references of 16 bits.
CUT := $(LAC_DATA)/cut/
LAC_CUT_LINE := -framerate 24 -i $(CUT)line/%04d.png
LAC_CUT_COLOR := -framerate 24 -i $(CUT)color/%04d.png
$(LAC_DATA)/made-cut: $(LAC_CLIP) ffmpeg$(EXESUF) $(LAC_DATA)/made
	$(Q)$(LAC_CLIP) --size 192x108 --frames 13 --alpha --marks $(CUT)
	$(Q)mkdir -p $(LAC_DATA)/cut16 $(LAC_DATA)/color16
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_CUT_COLOR) -frames:v 3 -vf "format=rgba64,scale=100:60,scale=192:108,format=rgba64be" -start_number 0 $(LAC_DATA)/cut16/%04d.png
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_COLOR) -frames:v 3 -vf "format=rgb48,scale=100:60,scale=192:108,format=rgb48be" -start_number 0 $(LAC_DATA)/color16/%04d.png
	$(Q)touch $@

# exact.sh tells which frames come out as in color/, bit for bit; showinfo.sh what the frames carry, in order.
LAC_INFO = ffmpeg -auto_conversion_filters -hide_banner
LAC_PIC = ffmpeg -auto_conversion_filters
AGAINST_COLOR = [c];[c][1:v]psnr=stats_file=-:shortest=1" -f null - | $(LAC_FATE)exact.sh
TO_SHOWINFO = -f null - 2>&1 | $(LAC_FATE)showinfo.sh
TO_ORDER = -f null - 2>&1 | $(LAC_FATE)showinfo.sh | sed -n "s/ pts.*//p"

# Frame count, pts and duration: framecrc of blank frames.
FATE_LAC += pts
fate-lineartcolor-pts: CMD = framecrc $(LAC_LINE) -vf "$(LAC):$(REFS),$(BLANK)"

# Timestamps far from 0, uneven, in another time base. Later releases' setpts knows no durations, so these are left out.
FATE_LAC += pts-uneven
fate-lineartcolor-pts-uneven: CMD = framecrc $(LAC_LINE) -vf "settb=1/1000,setpts=3600000+N*N*10,$(LAC):refs=3600=$(C)0000.png|3601.44=$(C)0012.png,$(BLANK)" -fps_mode passthrough -copyts -enc_time_base 1:1000 | sed "s/^\([^,]*,[^,]*,[^,]*\),[^,]*,/\1,/"

# The input ends before the second reference's time.
FATE_LAC += eof-early
fate-lineartcolor-eof-early: CMD = framecrc $(LAC_LINE) -vf "trim=start_frame=2:end_frame=5,setpts=PTS-STARTPTS,$(LAC):refs=0=$(C)0002.png|9=$(C)0012.png,$(BLANK)"

# The output ends while frames wait.
FATE_LAC += close-early
fate-lineartcolor-close-early: CMD = framecrc $(LAC_LINE) -vf "$(LAC):$(REFS),$(BLANK)" -frames:v 3

# No frame at all.
FATE_LAC += empty
fate-lineartcolor-empty: CMD = framecrc $(LAC_LINE) -vf "trim=end_frame=0,$(LAC):$(REFS),$(BLANK)"

# One frame, which is the reference.
FATE_LAC += one-frame
fate-lineartcolor-one-frame: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]trim=end_frame=1,$(LAC):refs=0=$(C)0000.png$(AGAINST_COLOR)

# Two instances in one graph.
FATE_LAC += two
fate-lineartcolor-two: CMD = framecrc $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS)[c];[b]$(LAC):$(REFS):lines=none[d];[c][d]hstack,$(BLANK)"

# References come out as themselves, whichever way they are named.
FATE_LAC += refs-time refs-nearest refs-frame refs-middle refs-own-line refs-many refs-lines-none refs-lines-keep
fate-lineartcolor-refs-time: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(REFS)$(AGAINST_COLOR)
fate-lineartcolor-refs-nearest: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):refs=10ms=$(C)0000.png|0.26=$(C)0006.png|0.485=$(C)0012.png$(AGAINST_COLOR)
fate-lineartcolor-refs-frame: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):refs=\#0=$(C)0000.png|\#5=$(C)0005.png|\#12=$(C)0012.png$(AGAINST_COLOR)
fate-lineartcolor-refs-middle: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):refs=0.25=$(C)0006.png$(AGAINST_COLOR)
fate-lineartcolor-refs-own-line: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(OWN)$(AGAINST_COLOR)
fate-lineartcolor-refs-many: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):k=4:refs=\#0=$(C)0000.png|\#3=$(C)0003.png|\#6=$(C)0006.png|\#9=$(C)0009.png|\#12=$(C)0012.png$(AGAINST_COLOR)
fate-lineartcolor-refs-lines-none: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(REFS):lines=none$(AGAINST_COLOR)
fate-lineartcolor-refs-lines-keep: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(REFS):lines=keep$(AGAINST_COLOR)

FATE_LAC += reffile reffile-sequence offset
fate-lineartcolor-reffile: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):reffile=$(LAC_DATA)/keys.txt$(AGAINST_COLOR)
fate-lineartcolor-reffile-sequence: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):reffile=$(LAC_DATA)/keys/key%05d.png$(AGAINST_COLOR)
fate-lineartcolor-offset: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):offset=-10:refs=10=$(C)0000.png|10.5=$(C)0012.png$(AGAINST_COLOR)

# References that are not PNG go through FFmpeg's loader; BMP is lossless.
$(LAC_DATA)/last.bmp: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y -i $(C)0012.png $@
FATE_LAC += refs-bmp
fate-lineartcolor-refs-bmp: $(LAC_DATA)/last.bmp
fate-lineartcolor-refs-bmp: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):refs=0=$(C)0000.png|0.5=$(LAC_DATA)/last.bmp$(AGAINST_COLOR)

# Seeking in the input: the filter sees a stream that starts in the middle, with timestamps from 0 or, with
# -copyts, its own; Matroska rounds them to milliseconds. Frame 0 of the comparison is the shot's frame 6.
$(LAC_DATA)/line.mkv: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_LINE) -c:v ffv1 -bitexact $@
FATE_LAC += seek seek-copyts loop
fate-lineartcolor-seek fate-lineartcolor-seek-copyts fate-lineartcolor-loop: $(LAC_DATA)/line.mkv
fate-lineartcolor-seek: CMD = $(LAC_PIC) -ss 0.25 -i $(LAC_DATA)/line.mkv -ss 0.25 $(LAC_COLOR) -lavfi "[0:v]$(LAC):offset=-0.25:refs=0=$(C)0000.png|0.25=$(C)0006.png|0.5=$(C)0012.png$(AGAINST_COLOR)
fate-lineartcolor-seek-copyts: CMD = $(LAC_PIC) -copyts -ss 0.25 -i $(LAC_DATA)/line.mkv -ss 0.25 $(LAC_COLOR) -lavfi "[0:v]$(LAC):refs=0.25=$(C)0006.png|0.5=$(C)0012.png$(AGAINST_COLOR)
fate-lineartcolor-loop: CMD = framecrc -stream_loop 1 -i $(LAC_DATA)/line.mkv -vf "$(LAC):refs=\#0=$(C)0000.png|\#25=$(C)0012.png,$(BLANK)"

# No delay: what comes in goes out before the next frame comes in. With references ahead it waits.
FATE_LAC += delay-none delay-sheet delay-full delay-4 delay-window
fate-lineartcolor-delay-none: CMD = $(LAC_INFO) $(LAC_LINE) -vf "showinfo@in=checksum=0,$(LAC):$(OWN):lookahead=0,showinfo@out=checksum=0" $(TO_ORDER)
fate-lineartcolor-delay-sheet: CMD = $(LAC_INFO) $(LAC_LINE) -vf "showinfo@in=checksum=0,$(LAC):refs=*=$(C)0006.png+$(L)0006.png,showinfo@out=checksum=0" $(TO_ORDER)
fate-lineartcolor-delay-full: CMD = $(LAC_INFO) $(LAC_LINE) -vf "showinfo@in=checksum=0,$(LAC):$(REFS),showinfo@out=checksum=0" $(TO_ORDER)
fate-lineartcolor-delay-window: CMD = $(LAC_INFO) $(LAC_LINE) -vf "showinfo@in=checksum=0,$(LAC):$(OWN):temporal=on:window=4,showinfo@out=checksum=0" $(TO_ORDER)
fate-lineartcolor-delay-4: CMD = $(LAC_INFO) $(LAC_LINE) -vf "showinfo@in=checksum=0,$(LAC):$(REFS):lookahead=4,showinfo@out=checksum=0" $(TO_ORDER)

# Colour properties, metadata, side data (x264 leaves a user data SEI on the first frame).
FATE_LAC += color-properties metadata side-data
fate-lineartcolor-color-properties: CMD = $(LAC_INFO) $(LAC_LINE) -vf "trim=end_frame=2,setparams=color_primaries=bt709:color_trc=iec61966-2-1,$(LAC):$(REFS),showinfo@out=checksum=0" $(TO_SHOWINFO)
fate-lineartcolor-metadata: CMD = ffmpeg -auto_conversion_filters $(LAC_LINE) -vf "metadata=add:key=shot:value=A7,$(LAC):$(REFS),metadata=print:key=shot:file=-" -f null -
# Confidence in the metadata: 1 for the references, what the weights make of the others (not told here), none where it is
# not known. As a picture it is white for references.
FATE_LAC += confidence confidence-smooth confidence-picture
CONFIDENCE = metadata=print:key=lavfi.lineartcolor.confidence:file=-" -f null - | sed "s/=0\.[0-9][0-9][0-9][0-9]$$/=less/"
fate-lineartcolor-confidence: CMD = ffmpeg -auto_conversion_filters $(LAC_LINE) -vf "$(LAC):$(REFS),$(CONFIDENCE)
fate-lineartcolor-confidence-smooth: CMD = ffmpeg -auto_conversion_filters $(LAC_LINE) -vf "trim=end_frame=3,$(LAC):$(REFS):fill=smooth,$(CONFIDENCE)
fate-lineartcolor-confidence-picture: CMD = $(LAC_PIC) $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS):output=confidence[c];[b]lut=y=255,format=rgb24[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)exact.sh
$(LAC_DATA)/line.mp4: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_LINE) -c:v libx264 -qp 0 -pix_fmt gray $@
fate-lineartcolor-side-data: $(LAC_DATA)/line.mp4
fate-lineartcolor-side-data: CMD = $(LAC_INFO) -i $(LAC_DATA)/line.mp4 -vf "trim=end_frame=3,$(LAC):$(REFS),showinfo@out=checksum=0" $(TO_SHOWINFO)

# But not a colour profile, which the line art's samples have: put into a JPEG, whose segments have no checksums.
$(LAC_DATA)/profile.jpg: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y -i $(L)0000.png -pix_fmt yuvj420p $(LAC_DATA)/plain.jpg
	$(Q)(printf '\377\330\377\342\000\024ICC_PROFILE\000\001\001gray'; tail -c +3 $(LAC_DATA)/plain.jpg) >$@
FATE_LAC += profile
fate-lineartcolor-profile: $(LAC_DATA)/profile.jpg
fate-lineartcolor-profile: CMD = $(LAC_INFO) -i $(LAC_DATA)/profile.jpg -vf "sidedata=select:ICC_PROFILE,$(LAC):refs=0=$(C)0000.png,showinfo@out=checksum=0" $(TO_SHOWINFO)

# Any format with luma: the same line art arrives, so the same picture comes out, up to the rounding of the way there.
SIXTH := trim=start_frame=6:end_frame=7
LAC_FORMAT = $(LAC_PIC) $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS),$(SIXTH)[c];[b]scale=out_range=$(1),format=$(2),$(LAC):$(REFS),$(SIXTH)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)alike.sh
FATE_LAC += format-yuv420p format-yuv444p10 format-gray10 format-rgb24 format-rgba format-gbrp format-h264
fate-lineartcolor-format-yuv420p: CMD = $(call LAC_FORMAT,tv,yuv420p)
fate-lineartcolor-format-yuv444p10: CMD = $(call LAC_FORMAT,tv,yuv444p10)
fate-lineartcolor-format-gray10: CMD = $(call LAC_FORMAT,pc,gray10)
fate-lineartcolor-format-rgb24: CMD = $(call LAC_FORMAT,pc,rgb24)
fate-lineartcolor-format-rgba: CMD = $(call LAC_FORMAT,pc,rgba)
fate-lineartcolor-format-gbrp: CMD = $(call LAC_FORMAT,pc,gbrp)
# Gray samples in limited range, as monochrome video codecs give them.
FATE_LAC += format-gray-limited
fate-lineartcolor-format-gray-limited: CMD = $(LAC_PIC) $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS),$(SIXTH)[c];[b]lut=y=16+val*219/255,setparams=range=tv,$(LAC):$(REFS),$(SIXTH)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)alike.sh
# H.264, the usual way line art comes: limited range, yuv420p.
$(LAC_DATA)/limited.mp4: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_LINE) -vf scale=out_range=tv,format=yuv420p -c:v libx264 -qp 0 $@
fate-lineartcolor-format-h264: $(LAC_DATA)/limited.mp4
fate-lineartcolor-format-h264: CMD = $(LAC_PIC) $(LAC_LINE) -i $(LAC_DATA)/limited.mp4 -lavfi "[0:v]$(LAC):$(REFS),$(SIXTH)[c];[1:v]$(LAC):$(REFS),$(SIXTH)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)alike.sh

# Black on nothing, by a palette that is transparent where there is no line.
$(LAC_DATA)/cels.pal8: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_LINE) -f rawvideo -pix_fmt gray - | $(LAC_FATE)palette.sh 20736 $(LAC_DATA)/cels >$@
FATE_LAC += format-pal8
fate-lineartcolor-format-pal8: $(LAC_DATA)/cels.pal8
fate-lineartcolor-format-pal8: CMD = $(LAC_PIC) $(LAC_LINE) -f rawvideo -pixel_format pal8 -video_size 192x108 -framerate 24 -i $(LAC_DATA)/cels.pal8 -lavfi "[0:v]$(LAC):$(REFS)[c];[1:v]$(LAC):$(REFS)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)exact.sh

# The output's depth follows the input's, unless what comes behind wants another; alpha where references have it.
LAC_NEGOTIATED = $(LAC_INFO) -framerate 24 -i $(L)%04d.png -vf "trim=end_frame=1,$(1),showinfo@in=checksum=0,$(LAC):refs=0=$(2),showinfo@out=checksum=0$(3)" $(TO_SHOWINFO) | sed "/^in color_range/d"
FATE_LAC += out-gray out-yuv420p out-gray10 out-yuv420p10 out-rgb24-asked out-rgb48-asked out-alpha out-alpha-10 out-alpha-off
fate-lineartcolor-out-gray: CMD = $(call LAC_NEGOTIATED,format=gray,$(C)0000.png,)
fate-lineartcolor-out-yuv420p: CMD = $(call LAC_NEGOTIATED,format=yuv420p,$(C)0000.png,)
fate-lineartcolor-out-gray10: CMD = $(call LAC_NEGOTIATED,format=gray10,$(C)0000.png,)
fate-lineartcolor-out-yuv420p10: CMD = $(call LAC_NEGOTIATED,format=yuv420p10,$(C)0000.png,)
comma := ,
fate-lineartcolor-out-rgb24-asked: CMD = $(call LAC_NEGOTIATED,format=yuv420p10,$(C)0000.png,$(comma)format=rgb24)
fate-lineartcolor-out-rgb48-asked: CMD = $(call LAC_NEGOTIATED,format=gray,$(C)0000.png,$(comma)format=rgb48)
fate-lineartcolor-out-alpha: CMD = $(call LAC_NEGOTIATED,format=gray,$(CUT)color/0000.png,)
fate-lineartcolor-out-alpha-10: CMD = $(call LAC_NEGOTIATED,format=gray10,$(CUT)color/0000.png,)
fate-lineartcolor-out-alpha-off: CMD = $(call LAC_NEGOTIATED,format=gray,$(CUT)color/0000.png:alpha=0,)

# References with alpha, in 8 and 16 bits, and opaque ones of 16 bits come out as themselves, to the last bit.
CUT_REFS := refs=0=$(CUT)color/0000.png|0.5=$(CUT)color/0012.png
FATE_LAC += refs-alpha refs-alpha-none refs-alpha-16 refs-16
fate-lineartcolor-refs-alpha: CMD = $(LAC_PIC) $(LAC_CUT_LINE) $(LAC_CUT_COLOR) -lavfi "[0:v]$(LAC):$(CUT_REFS),format=gbrap[c];[1:v]format=gbrap[t];[c][t]psnr=stats_file=-:shortest=1" -f null - | $(LAC_FATE)exact.sh
fate-lineartcolor-refs-alpha-none: CMD = $(LAC_PIC) $(LAC_CUT_LINE) $(LAC_CUT_COLOR) -lavfi "[0:v]$(LAC):$(CUT_REFS):lines=none,format=gbrap[c];[1:v]format=gbrap[t];[c][t]psnr=stats_file=-:shortest=1" -f null - | $(LAC_FATE)exact.sh
fate-lineartcolor-refs-alpha-16: CMD = $(LAC_PIC) $(LAC_CUT_LINE) -framerate 24 -i $(LAC_DATA)/cut16/%04d.png -lavfi "[0:v]$(LAC):refs=0=$(LAC_DATA)/cut16/0000.png,format=rgba64,format=gbrap16[c];[1:v]format=gbrap16[t];[c][t]psnr=stats_file=-:shortest=1" -f null - | $(LAC_FATE)exact.sh
fate-lineartcolor-refs-16: CMD = $(LAC_PIC) $(LAC_LINE) -framerate 24 -i $(LAC_DATA)/color16/%04d.png -lavfi "[0:v]$(LAC):refs=0=$(LAC_DATA)/color16/0000.png,format=rgb48,format=gbrp16[c];[1:v]format=gbrp16[t];[c][t]psnr=stats_file=-:shortest=1" -f null - | $(LAC_FATE)exact.sh

# The same bytes for any number of threads.
FATE_LAC += threads threads-flat threads-confidence threads-regions
$(foreach o,fill=flat output=confidence output=regions,$(eval fate-lineartcolor-threads-$(lastword $(subst =, ,$(o))): LAC := $(LAC):$(o)))
fate-lineartcolor-threads-flat fate-lineartcolor-threads-confidence fate-lineartcolor-threads-regions: CMD = $(LAC_PIC) $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS)[c];[b]$(subst threads=2,threads=1,$(LAC)):$(REFS)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)exact.sh
fate-lineartcolor-threads: CMD = $(LAC_PIC) $(LAC_LINE) -lavfi "split[a][b];[a]$(LAC):$(REFS)[c];[b]$(subst threads=2,threads=1,$(LAC)):$(REFS)[d];[c][d]psnr=stats_file=-" -f null - | $(LAC_FATE)exact.sh

# References come out as themselves whatever the fill.
FATE_LAC += refs-fill-smooth refs-fill-flat
fate-lineartcolor-refs-fill-flat: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(REFS):fill=flat$(AGAINST_COLOR)
fate-lineartcolor-refs-fill-smooth: CMD = $(LAC_PIC) $(LAC_LINE) $(LAC_COLOR) -lavfi "[0:v]$(LAC):$(REFS):fill=smooth$(AGAINST_COLOR)

FATE_LAC := $(addprefix fate-lineartcolor-,$(FATE_LAC))
$(FATE_LAC): REF = $(LAC_FATE)ref/$(@:fate-%=%)

# The picture at the default settings, and with the network's colours alone: the standard deviation from the true colours over the whole shot. Copying
# the nearest reference has 46.
$(LAC_DATA)/truth.rgb: $(LAC_DATA)/made
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_COLOR) -f rawvideo -pix_fmt rgb24 $@
FATE_LAC_PICTURE := fate-lineartcolor-picture fate-lineartcolor-picture-smooth fate-lineartcolor-picture-alpha \
                    fate-lineartcolor-picture-alpha-smooth fate-lineartcolor-picture-marks
FATE_LAC += $(FATE_LAC_PICTURE)
$(LAC_DATA)/truth-alpha.gray: $(LAC_DATA)/made-cut
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y $(LAC_CUT_COLOR) -vf alphaextract -f rawvideo -pix_fmt gray $@
$(LAC_DATA)/truth-marks.rgb: $(LAC_DATA)/made-cut
	$(Q)./ffmpeg$(EXESUF) -nostdin -v error -y -f lavfi -i color=white:s=192x108:r=24:d=1 $(LAC_CUT_COLOR) -lavfi "format=rgb24[w];[w][1:v]overlay=format=gbrp:shortest=1" -f rawvideo -pix_fmt rgb24 $@
$(FATE_LAC_PICTURE): REF = $(LAC_DATA)/truth.rgb
$(FATE_LAC_PICTURE): $(LAC_DATA)/truth.rgb
# what GEN writes would be no truth
$(FATE_LAC_PICTURE): override GEN = no
$(FATE_LAC_PICTURE): CMP = stddev
$(FATE_LAC_PICTURE): CMP_UNIT = u8
$(FATE_LAC_PICTURE): CMP_TARGET = 0
fate-lineartcolor-picture: CMD = ffmpeg $(LAC_LINE) -vf "lineartcolor=$(REFS)" -f rawvideo -
fate-lineartcolor-picture: FUZZ = 13
fate-lineartcolor-picture-smooth: CMD = ffmpeg $(LAC_LINE) -vf "lineartcolor=$(REFS):fill=smooth" -f rawvideo -
fate-lineartcolor-picture-smooth: FUZZ = 19
# The alpha alone, and red separation lines, which are drawn where they are taken for black ones.
ALPHA_TRUTH := fate-lineartcolor-picture-alpha fate-lineartcolor-picture-alpha-smooth
$(ALPHA_TRUTH): $(LAC_DATA)/truth-alpha.gray
$(ALPHA_TRUTH): REF = $(LAC_DATA)/truth-alpha.gray
fate-lineartcolor-picture-alpha: FUZZ = 8
fate-lineartcolor-picture-alpha-smooth: FUZZ = 12
fate-lineartcolor-picture-alpha: CMD = ffmpeg $(LAC_CUT_LINE) -vf "lineartcolor=temporal=off:$(CUT_REFS),format=rgba,alphaextract" -f rawvideo -
fate-lineartcolor-picture-alpha-smooth: CMD = ffmpeg $(LAC_CUT_LINE) -vf "lineartcolor=temporal=off:$(CUT_REFS):fill=smooth,format=rgba,alphaextract" -f rawvideo -
fate-lineartcolor-picture-marks: $(LAC_DATA)/truth-marks.rgb
fate-lineartcolor-picture-marks: REF = $(LAC_DATA)/truth-marks.rgb
fate-lineartcolor-picture-marks: CMD = ffmpeg $(LAC_CUT_LINE) -vf "lineartcolor=temporal=off:$(CUT_REFS):alpha=0:lines=keep" -f rawvideo -
fate-lineartcolor-picture-marks: FUZZ = 9.8

$(FATE_LAC): ffmpeg$(EXESUF) $(LAC_DATA)/made $(LAC_DATA)/made-cut
FATE-yes += $(FATE_LAC)
fate-lineartcolor: $(FATE_LAC)
