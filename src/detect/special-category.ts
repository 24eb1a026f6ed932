import type { Category } from './categories.ts';
import type { Detector } from './detector.ts';
import { longestWord } from './prefilter.ts';

/**
 * Words about a person that GDPR Article 9 calls special, in English, German, French and Spanish. Few on purpose: words
 * that are as often about something else (disabled, fingerprint, liberal, race) stand here only beside one that says
 * it is about somebody. `~` lets a word go on with any letters.
 */
const WORDS: readonly (readonly [category: Category, words: string])[] = [
  [
    'health',
    'HIV|AIDS patient|hepatitis b|hepatitis c|diabetes|diabetic|diabetics|epilepsy|epileptic|schizophrenia|schizophrenic|bipolar disorder|chemotherapy|pregnant|pregnancy|miscarriage|dementia|multiple sclerosis|antidepressant~|antipsychotic~|diagnosed with|medical history|mental illness|mental health condition|eating disorder|asthma|autistic|autism|cancer patient|breast cancer|lung cancer|leukemia|leukaemia|tuberculosis|suffers from|sick leave|disabled person|has a disability|with a disability|clinically depressed|major depression|depressive episode|addicted to|alcoholic|schwanger|Schwangerschaft|Krebserkrankung|Brustkrebs|zuckerkrank|Epilepsie|Schizophrenie|Chemotherapie|schwerbehindert~|Schwerbehinderung|Krankschreibung|krankgeschrieben|depressiv~|Diagnose:|erkrankt an|leidet an|enceinte|grossesse|séropositi~|VIH|atteint de|atteinte de|diabétique|épilepsie|schizophrénie|chimiothérapie|handicapé|arrêt maladie|cancer du|souffre de|embarazada|embarazo|diabético|diabética|epilepsia|esquizofrenia|quimioterapia|discapacitad~|diagnosticad~|baja médica|cáncer|padece de|sufre de',
  ],
  [
    'religion',
    'Muslim|Muslims|Catholic|Catholics|Jewish|Hindu|Hindus|Buddhist|Buddhists|Sikh|Sikhs|Mormon|Mormons|Protestant|Protestants|Lutheran|Baptist|Methodist|Presbyterian|Evangelical Christian|atheist|atheists|agnostic believer|devout|a Christian|is Christian|Christian faith|Jehovah|religious belief~|religious affiliation|religious conviction~|religion is|his religion|her religion|their religion|converted to Islam|converted to Judaism|Muslima|muslimisch~|katholisch~|evangelisch~|jüdisch~|Jude|Jüdin|buddhistisch~|hinduistisch~|Religionszugehörigkeit|konfessionslos|musulman|musulmane|musulmans|catholique|juif|juive|bouddhiste|protestante|hindoue|athée|religieuse|musulmán|musulmana|católico|católica|judío|judía|budista|ateo|atea',
  ],
  [
    'ethnicity',
    'ethnicity|ethnic origin|ethnic background|racial origin|African American|African-American|Afro-Caribbean|Hispanic|Latina|Latino|Latinx|Caucasian|Native American|Pacific Islander|Romani|Sinti|mixed race|biracial|Black woman|Black man|white man|white woman|of Asian descent|of African descent|Aboriginal|ethnische Herkunft|ethnischer Herkunft|rassische Herkunft|Roma und Sinti|Sinti und Roma|origine ethnique|origines ethniques|origine raciale|maghrébin~|origen étnico|origen racial|afroamerican~|gitano|gitana',
  ],
  [
    'politics',
    'political opinion~|political view~|political belief~|political affiliation|party member|card-carrying|registered Democrat|registered Republican|voted for|votes for|votes Labour|votes Republican|votes Democrat|Labour Party|Conservative Party|Republican Party|Democratic Party|Communist Party|communist|socialist|anarchist|member of the party|Parteimitglied|Parteibuch|Mitglied der CDU|Mitglied der SPD|Mitglied der AfD|Mitglied der Grünen|Mitglied der Linken|politische Meinung|politische Überzeugung|wählt die|Kommunist|Kommunistin|Sozialist|Sozialistin|opinions politiques|opinion politique|a voté pour|vote pour|communiste|socialiste|membre du parti|militant du|militante du|opiniones políticas|opinión política|votó por|votó a|vota a|comunista|socialista|afiliado al partido|afiliada al partido|militante de',
  ],
  [
    'union',
    'trade union|trade unionist|trade unions|labor union|labour union|union member|union members|union membership|union rep|union representative|union steward|shop steward|unionised|unionized|Gewerkschaft|Gewerkschafter|Gewerkschafterin|Gewerkschaftsmitglied|Gewerkschaftsmitgliedschaft|Mitglied bei Verdi|IG Metall|syndicat|syndiqué|syndiquée|syndicaliste|délégué syndical|déléguée syndicale|appartenance syndicale|sindicato|sindicalista|sindicalizado|sindicalizada|afiliación sindical|delegado sindical|delegada sindical',
  ],
  [
    'sexuality',
    'gay|gays|lesbian|lesbians|bisexual|homosexual|homosexuals|heterosexual|pansexual|asexual|transgender|transsexual|transsexuals|trans woman|trans man|non-binary person|queer|LGBT~|sexual orientation|sex life|same-sex partner|schwul|lesbisch|Lesbe|homosexuell|bisexuell|transsexuell|sexuelle Orientierung|Sexualleben|homosexuel|homosexuelle|bisexuel|bisexuelle|lesbienne|transgenre|transsexuelle|orientation sexuelle|vie sexuelle|homosexuales|lesbiana|orientación sexual|vida sexual|transexual|transgénero',
  ],
  [
    'biometric',
    'biometric|biometrics|biometric data|retina scan|retinal scan|iris scan|iris recognition|voiceprint|voice print|faceprint|face print|facial recognition|fingerprint scan|fingerprint template|fingerprints of|his fingerprint~|her fingerprint~|their fingerprint~|my fingerprint~|fingerprint reader|palm print|gait recognition|biometrisch~|Fingerabdruck|Fingerabdrücke|Gesichtserkennung|Iriserkennung|Irisscan|biométrique|biométriques|empreinte digitale|empreintes digitales|reconnaissance faciale|biométrico|biométrica|biométricos|huella dactilar|huellas dactilares|reconocimiento facial',
  ],
  [
    'genetic',
    'genetic test|genetic tests|genetic testing|genetic disorder|genetic data|genetic predisposition|genetic mutation|genetic condition|genetic profile|genetic marker~|BRCA1|BRCA2|DNA test|DNA tests|DNA profile|DNA sample|DNA analysis|genome sequenc~|whole genome|genotype|karyotype|hereditary disease|hereditary condition|Huntington|Down syndrome|trisomy|sickle cell|Gentest|Erbkrankheit|Genanalyse|genetische Daten|genetischer Test|genetische Veranlagung|DNA-Test|DNA-Analyse|DNA-Profil|Erbgut|test génétique|tests génétiques|données génétiques|maladie génétique|maladie héréditaire|prédisposition génétique|test ADN|profil ADN|prueba genética|pruebas genéticas|datos genéticos|enfermedad genética|enfermedad hereditaria|predisposición genética|prueba de ADN|análisis de ADN',
  ],
];

/** Whole words; one space of a phrase may be any white space, also a line's end. */
function patternOf(words: readonly string[]): RegExp {
  const alternatives = words.map((word) =>
    word.replaceAll(' ', String.raw`\s{1,3}`).replace('~', String.raw`\p{L}{0,16}`),
  );
  return new RegExp(String.raw`(?<![\p{L}\p{N}_-])(?:${alternatives.join('|')})(?![\p{L}\p{N}_]|-[A-Z])`, 'dgiu');
}

function triggersOf(words: readonly string[]): string[] {
  return [...new Set(words.map((word) => longestWord(word.toLowerCase()).replace(/[~:]$/, '*')))];
}

export const SPECIAL_CATEGORY_DETECTORS: readonly Detector[] = WORDS.map(([category, list]) => {
  const words = list.split('|');
  let made: RegExp | undefined;
  return {
    category,
    triggers: triggersOf(words),
    // Eight patterns of this size take V8 10 ms to read, and most logs never ask for them.
    get pattern() {
      return (made ??= patternOf(words));
    },
  };
});
