require('node:test').test('never', () => {}); throw new Error('broken file');
