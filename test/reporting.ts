/** Where results are wanted as files (`SPANSEAL_TEST_RESULTS`), a JSON report beside what is printed. */
export function reporting(name: string): { reporters?: string[]; outputFile?: { json: string } } {
  const folder = process.env['SPANSEAL_TEST_RESULTS'];
  return folder === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: `${folder}/${name}.json` } };
}
