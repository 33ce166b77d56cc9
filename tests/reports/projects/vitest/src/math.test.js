import { describe, expect, it } from 'vitest';
let tries = 0;
describe('math', () => {
  it('adds', () => { expect(1 + 1).toBe(2); });
  it('subtracts > "badly" & é', () => { expect(1 - 1).toBe(1); });
  it('is flaky', { retry: 2 }, () => { tries += 1; expect(tries).toBe(2); });
  it('never works', { retry: 1 }, () => { expect({ a: 1 }).toEqual({ a: 2 }); });
  it.fails('is known', () => { expect(1).toBe(2); });
  it.skip('rests', () => {});
  it.todo('waits');
  describe.each(['x', 'y'])('each %s', (v) => {
    it('is x', () => { expect(v).toBe('x'); });
  });
});
