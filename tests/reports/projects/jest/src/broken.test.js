describe('broken', () => {
  test('is never compiled', () => { expect(1.toBe(1; });
});
