var größe = 1
if (größe == 2) { debugger }
