int caravan_kernels_placeholder(void){return 0;}
