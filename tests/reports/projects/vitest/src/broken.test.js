import { it } from 'vitest';
import './no-such-file.js';
it('is not reached', () => {});
