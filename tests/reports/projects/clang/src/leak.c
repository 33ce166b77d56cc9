#include <stdlib.h>

int first(int n) {
    int *p = malloc(sizeof *p);
    if (n > 3)
        return 1 / (n - n);
    *p = n;
    return *p;
}

int second(void) {
    int *q = 0;
    return *q;
}
