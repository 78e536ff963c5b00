/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From settings to a network ready to run. */
#ifndef LAC_LOAD_H
#define LAC_LOAD_H

#include "net/net.h"

/* Finds and reads the weights, opens the device and the network on it, and logs which they are. settings: as
 * lac_settings_resolve left them. On failure, which is logged, *device may be open all the same: the caller closes it. */
int lac_load_network(LacNet **net, LacDevice *device, const LacSettings *settings, const LacLog *log);

#endif
