const assert = require('assert');
describe('list', () => {
  it('is empty', () => assert.equal([].length, 0));
  it('holds ünïcode 日本', () => assert.equal([1].length, 2));
  it.skip('is skipped', () => {});
  it('is pending');
  describe('with a broken hook', () => {
    beforeEach('fill', () => { throw new Error('cannot fill'); });
    it('is never run', () => {});
    it('nor this', () => {});
  });
  describe('twins', () => {
    it('one', () => { throw 'a bare string'; });
    it('one', (done) => done(new RangeError('late \u001b[31mred\u001b[0m')));
  });
});
