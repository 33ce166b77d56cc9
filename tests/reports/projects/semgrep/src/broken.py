def broken(:
    eval(1)
