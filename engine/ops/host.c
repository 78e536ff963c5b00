/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tensors in host memory, for the back ends that compute there: when an operation returns, it is done. */
#include "ops/backend.h"

int lac_host_tensor_alloc(LacBackend *be, LacTensor *t)
{
    size_t bytes;
    int ret;

    t->data = NULL;
    if ((ret = lac_check_tensor(be->log, t, &bytes)) < 0) {
        return ret;
    }
    t->data = lac_alloc(bytes, 1);
    if (!t->data) {
        return lac_fail(be->log, LAC_ENOMEM, "out of memory: tensor of %zu bytes", bytes);
    }
    return LAC_OK;
}

void lac_host_tensor_free(LacBackend *be, LacTensor *t)
{
    (void)be;
    lac_free(t->data);
    t->data = NULL;
}

int lac_host_finish(LacBackend *be)
{
    (void)be;
    return LAC_OK;
}
