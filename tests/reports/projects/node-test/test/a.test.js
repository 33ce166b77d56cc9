const { test, describe, it, before } = require('node:test');
const assert = require('node:assert');
test('plain passes', () => {});
test('plain fails', () => { assert.strictEqual(1, 2); });
test('todo fails', { todo: 'later' }, () => { throw new Error('not counted'); });
test('skipped', { skip: 'no' }, () => { throw new Error('no'); });
describe('group ö', () => {
  it('inside passes', () => {});
  it('inside fails <&>', () => { throw new Error('zu groß\nsecond line'); });
  describe('deep', () => { it('fails', () => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); }); });
});
describe('hooked', () => {
  before(() => { throw new Error('no before'); });
  it('never runs', () => {});
});
test('parent', async (t) => { await t.test('child fails', () => { throw new Error('child'); }); });
