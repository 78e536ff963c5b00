#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# build.sh BUILD: builds a trimmed shared FFmpeg with the filter into BUILD/bin and BUILD/lib, against the
# liblac there. The programs find their libraries relative to themselves: no environment is needed.
# FFMPEG_SRC: a source tree to copy (default: Debian's package), FFNVCODEC=yes: with lineartcolor_cuda and NVIDIA's
# decoders and encoders, CC: compiler, JOBS: make jobs.
set -eu

[ $# = 1 ] || { echo "usage: build.sh BUILD" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
src=$build/ffmpeg-src
obj=$build/ffmpeg

take_source() {
    rm -rf "$src" "$obj"
    if [ -n "${FFMPEG_SRC:-}" ]; then
        echo "copying $FFMPEG_SRC"
        mkdir -p "$src"
        (cd "$FFMPEG_SRC" && tar -c --exclude=./.git --exclude='./config*.h' --exclude='./ffbuild/config.*' \
            --exclude='*.o' --exclude='*.so*' .) | tar -x -C "$src"
    else
        "$here/fetch.sh" "$src"
    fi
    printf '%s\n' "${FFMPEG_SRC:-Debian}" >"$src/.lac-origin"
}

if [ "$(cat "$src/.lac-origin" 2>/dev/null)" != "${FFMPEG_SRC:-Debian}" ]; then
    take_source
    "$here/apply.sh" "$src"
elif ! "$here/apply.sh" "$src" 2>/dev/null; then
    # An earlier version of the patches is in it.
    take_source
    "$here/apply.sh" "$src"
fi

# What the demo, the tests and a person trying the filter on common files need; a full FFmpeg takes five
# times as long to build.
decoders=png,apng,rawvideo,wrapped_avframe,h264,hevc,vp9,ffv1,mjpeg,prores,qtrle,huffyuv,utvideo,bmp,tiff,webp,gif,mpeg4,pam,ppm,pgm
encoders=png,rawvideo,wrapped_avframe,libx264,ffv1,mjpeg,qtrle,huffyuv,utvideo,prores_ks,bmp,tiff,gif,pam,ppm,pgm
demuxers=image2,image2pipe,image_png_pipe,image_jpeg_pipe,image_bmp_pipe,image_tiff_pipe,image_webp_pipe,mov,matroska,avi,rawvideo,concat,gif,apng,yuv4mpegpipe,framecrc
muxers=image2,image2pipe,mov,mp4,matroska,avi,rawvideo,null,framecrc,framemd5,framehash,gif,yuv4mpegpipe,crc,md5
parsers=png,mjpeg,h264,hevc,vp9,mpeg4video,webp,bmp,gif
filters=lineartcolor,scale,format,fps,hstack,vstack,xstack,tile,select,setpts,settb,trim,color,testsrc2,split,null,nullsink,nullsrc,showinfo,metadata,sidedata,pad,crop,concat,loop,psnr,ssim,overlay,setparams,setrange,setsar,framerate,reverse,negate,lut,eq,drawbox,blend,alphaextract
bsfs=h264_mp4toannexb,hevc_mp4toannexb,vp9_superframe,vp9_superframe_split,null
cuda=
if [ "${FFNVCODEC:-no}" = yes ]; then
    cuda="--enable-ffnvcodec --enable-cuda --enable-nvdec --enable-nvenc"
    filters=$filters,lineartcolor_cuda,hwupload_cuda,hwupload,hwdownload
    encoders=$encoders,h264_nvenc,hevc_nvenc
    cuda="$cuda --enable-hwaccel=h264_nvdec,hevc_nvdec,vp9_nvdec,mpeg4_nvdec"
fi

postproc= # 8.0 has no such library any more
grep -q -e --disable-postproc "$src/configure" && postproc=--disable-postproc

# shellcheck disable=SC2086 # a list of words
set -- --prefix="$build" --cc="${CC:-cc}" --disable-autodetect --disable-everything --disable-doc \
    --disable-network --disable-static --enable-shared --disable-debug --disable-ffplay \
    --disable-swresample $postproc \
    --enable-gpl --enable-libx264 --enable-zlib --enable-liblac $cuda \
    --enable-indev=lavfi --enable-protocol=file,pipe \
    --enable-decoder=$decoders --enable-encoder=$encoders --enable-demuxer=$demuxers \
    --enable-muxer=$muxers --enable-parser=$parsers --enable-filter=$filters --enable-bsf=$bsfs

PKG_CONFIG_PATH=$build/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
mkdir -p "$obj"
cd "$obj"
if [ "$(cat .lac-options 2>/dev/null)" != "$*" ]; then
    echo "configuring FFmpeg"
    "$src/configure" "$@" >configure.log 2>&1 || {
        tail -n 20 configure.log ffbuild/config.log >&2
        echo "build.sh: FFmpeg's configure failed; $obj/ffbuild/config.log tells more" >&2
        exit 1
    }
    printf '%s\n' "$*" >.lac-options
fi
echo "building FFmpeg (a few minutes the first time; log: $obj/make.log)"
# Every library and program looks in ../lib beside itself, in build/ffmpeg as in build/bin; FFmpeg's make
# expands the flags of a library once more than those of a program.
nice -n 5 make -j"${JOBS:-$(nproc)}" LDEXEFLAGS='-Wl,-rpath,\$$ORIGIN/../lib' \
    LDSOFLAGS='-Wl,-rpath,\$$$$ORIGIN/../lib' >make.log 2>&1 &&
    make install-progs install-libs >>make.log 2>&1 || {
    grep -nE 'error|Error|warning' make.log | tail -n 20 >&2
    echo "build.sh: building FFmpeg failed; $obj/make.log tells more" >&2
    exit 1
}
"$build/bin/ffmpeg" -hide_banner -filters 2>/dev/null | grep lineartcolor || {
    echo "build.sh: $build/bin/ffmpeg does not know the filter" >&2
    exit 1
}
echo "built: $build/bin/ffmpeg, $build/bin/ffprobe"
