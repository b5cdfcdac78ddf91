int caravan_kernels_placeholder(void);
