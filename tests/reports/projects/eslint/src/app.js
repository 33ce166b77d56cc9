const unused = 1;
if (missing == 'größe') {
  // eslint-disable-next-line no-undef
  other();
}
// eslint-disable-next-line no-alert
while (true) {}
