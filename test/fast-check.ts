import fc from 'fast-check';

/**
 * The same values in each run: what fails is what was changed, and not the commit that chance picked. New values are
 * looked for with `SPANSEAL_SEED=random npm test`, and what they find gets a test of its own.
 */
const given = process.env['SPANSEAL_SEED'] ?? '20261128';
fc.configureGlobal({ seed: given === 'random' ? Date.now() : Number(given) });

export { fc };
