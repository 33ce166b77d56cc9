beforeAll(() => { throw new Error('the door is stuck'); });
test('after a broken hook', () => {});
