describe('sum', () => {
  test('adds', () => { expect(1 + 1).toBe(2); });
  test('adds großes <b>&amp;', () => { expect(1 + 1).toBe(3); });
  describe('inner', () => {
    test.each([['a', 1], ['b', 2]])('%s is 1', (_n, v) => { expect(v).toBe(1); });
    test.skip('left out', () => { throw new Error('no'); });
    test.todo('to be written');
  });
  test('same name', () => { throw new TypeError('first'); });
  test('same name', () => { throw new TypeError('second'); });
});
