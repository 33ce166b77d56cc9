debugger;
const größe = 1;
if (größe == 2) { throw 1 }
for (let i = 0; i < 10; i--) {}
