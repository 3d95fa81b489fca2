/* kernel/dnnl/implementation.h - the head of every state of a call: what it runs */
#ifndef PV_KERNEL_DNNL_IMPLEMENTATION_H
#define PV_KERNEL_DNNL_IMPLEMENTATION_H

typedef struct pv_implementation {
    const char *name; /* see pv_dnnl_implementation */
} pv_implementation;

#endif
