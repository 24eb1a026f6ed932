import type { Category } from './categories.ts';
import type { Detector } from './detector.ts';

/** Up to two words between, and what divides words. */
const GAP = String.raw`[\s"'*_,:>-]{1,3}`;

const ALL = String.raw`(?:(?:all|any|every|each|the|your|my|these|those|of|previous|prior|above|earlier|preceding|foregoing|initial|original|system|safety|past|existing|current|given|other|and|content|default|built-in)${GAP}){0,5}`;
const ORDERS = String.raw`(?:instructions?|directions?|directives?|guidelines?|prompts?|rules?|orders?|commands?|context|messages?|restrictions?|policies|policy|programming|training|constraints?|guardrails?)`;

/**
 * Phrases that try to make a model do something else: orders to a model, not words about such orders. What triggers one
 * are its rarest words, of which one stands in each text that it matches: most prose has none of them.
 */
const PHRASES: readonly (readonly [category: Category, triggers: string, pattern: string])[] = [
  ['prompt_injection', 'prompt', String.raw`new${GAP}system${GAP}prompt`],
  [
    'prompt_injection',
    'desconsidere|desconsiderar',
    String.raw`desconsiderar?e?${GAP}(?:todas${GAP})?(?:as|suas)${GAP}(?:\p{L}{1,12}${GAP}){0,1}instruções`,
  ],
  [
    'jailbreak',
    'regeln|filter|einschränkungen|grenzen|agis|actúa|actua',
    String.raw`tu${GAP}so,?${GAP}?als${GAP}(?:\p{L}{1,12}${GAP}){0,4}(?:keine${GAP})(?:regeln|filter|einschränkungen|grenzen)|agis${GAP}comme${GAP}une?${GAP}(?:\p{L}{1,12}${GAP}){0,2}sans${GAP}(?:aucune?${GAP})?(?:restrictions?|limites?|filtres?|censure)|act[úu]a${GAP}como${GAP}una?${GAP}(?:\p{L}{1,12}${GAP}){0,2}sin${GAP}(?:censura|restricciones|límites|filtros)`,
  ],
  [
    'prompt_injection',
    'ignore|ignoring|disregard|forget|override|overriding|bypass|skip|discard|neglect|dismiss',
    String.raw`(?:ignore|ignoring|disregard|forget|override|overriding|bypass|skip|discard|neglect|dismiss)${GAP}(?:about${GAP})?${ALL}(?:previous|prior|above|earlier|preceding|foregoing|initial|original|system|safety|your|all|any|the|past|existing|my)${GAP}(?:\p{L}{1,12}${GAP}){0,2}${ORDERS}`,
  ],
  [
    'prompt_injection',
    'ignore|disregard|forget',
    String.raw`(?:ignore|disregard|forget)${GAP}(?:everything|all|anything)${GAP}(?:(?:that|which|i|you|we|was|were|have|has|been)${GAP}){0,4}(?:above|before|previously|prior|said|told|written|so${GAP}far|learned|know)`,
  ],
  [
    'prompt_injection',
    'prompt|instructions|system',
    String.raw`(?:reveal|print|show|output|repeat|display|leak|dump|tell|give|expose|disclose|recite)${GAP}(?:(?:me|us|out|back|the|your|full|entire|complete|exact|hidden|original|initial|secret|verbatim|contents|of|all)${GAP}){0,6}(?:system${GAP}(?:prompt|message|instructions)|hidden${GAP}(?:prompt|instructions)|initial${GAP}(?:prompt|instructions)|(?<=your${GAP})(?:prompt|instructions))`,
  ],
  [
    'prompt_injection',
    'prompt|instructions|above',
    String.raw`what${GAP}(?:is|are|was|were)${GAP}your${GAP}(?:system${GAP}prompt|(?:initial|original|hidden|system)${GAP}(?:instructions|prompt))|repeat${GAP}(?:the${GAP})?(?:words|text|everything)${GAP}above`,
  ],
  [
    'prompt_injection',
    'prompt|instructions|input',
    String.raw`(?:new|updated)${GAP}(?:system${GAP})?(?:instructions|prompt)${GAP}?:|(?:end|begin|start)${GAP}of${GAP}(?:the${GAP})?(?:system${GAP}prompt|(?:user${GAP})?(?:input|prompt))`,
  ],
  [
    'prompt_injection',
    'im_start*|inst]*|sys*|system|endoftext*|start_header_id*',
    String.raw`<\|im_start\|>${GAP}?system|<\|im_start\|>|\[\/?INST\]|<<\/?SYS>>|<\|(?:system|endoftext|start_header_id)\|>|<\/?system>|\[system\]\(#|###${GAP}?system${GAP}?:`,
  ],
  [
    'prompt_injection',
    'ignoriere|ignorier|ignorieren|vergiss|vergessen|missachte',
    String.raw`(?:ignorieren?|ignorier|vergiss|vergessen|missachte)${GAP}(?:sie${GAP})?(?:(?:alle|alles|die|deine|ihre|sämtliche|bisherigen|vorherigen|vorigen|obigen|vorangegangenen|früheren)${GAP}){1,4}(?:anweisungen|instruktionen|regeln|befehle|vorgaben|was${GAP}(?:oben|davor))`,
  ],
  [
    'prompt_injection',
    'ignore|ignorez|oublie|oubliez',
    String.raw`(?:ignorez|ignore|oubliez|oublie)${GAP}(?:(?:toutes|tous|les|tes|vos|ces|des)${GAP}){1,4}(?:\p{L}{1,12}${GAP}){0,1}(?:instructions|consignes|règles|directives|ordres)(?:${GAP}(?:précédentes|précédents|antérieures|ci-dessus))?`,
  ],
  [
    'prompt_injection',
    'ignora|ignore|ignorar|olvida|olvide|olvidar',
    String.raw`(?:ignorar?|ignore|olvidar?|olvide)${GAP}(?:(?:todas|todos|las|los|tus|sus|estas)${GAP}){1,4}(?:\p{L}{1,12}${GAP}){0,1}(?:instrucciones|reglas|indicaciones|órdenes|directrices)`,
  ],
  [
    'prompt_injection',
    'ignora|ignore|esqueça|dimentica|negeer|zignoruj',
    String.raw`(?:ignora|dimentica)${GAP}(?:(?:tutte|tutti|le|i|tue)${GAP}){1,4}(?:\p{L}{1,12}${GAP}){0,1}istruzioni|(?:ignore|esqueça)${GAP}(?:(?:todas|as|suas)${GAP}){1,3}(?:\p{L}{1,12}${GAP}){0,1}instruções|negeer${GAP}(?:(?:alle|de|je|vorige|eerdere|bovenstaande)${GAP}){1,3}(?:\p{L}{1,12}${GAP}){0,1}instructies|zignoruj${GAP}(?:wszystkie${GAP})?(?:poprzednie|wcześniejsze)${GAP}(?:instrukcje|polecenia)`,
  ],
  [
    'jailbreak',
    'dan|jailbreak|jailbroken|developer|god|unfiltered|uncensored|unrestricted|evil',
    String.raw`(?:you${GAP}are|act${GAP}as|become|enable|enter|activate|switch${GAP}to|as|be|into|called|named)${GAP}(?:(?:now|going|to|be|a|an|the|in)${GAP}){0,4}(?:DAN(?![\p{L}])|jailbroken|jailbreak${GAP}mode|developer${GAP}mode|god${GAP}mode|(?:an?${GAP})?(?:unfiltered|uncensored|unrestricted|evil)${GAP}(?:ai|assistant|model|bot|chatbot|version|language))`,
  ],
  [
    'jailbreak',
    'anything|developer|jailbreak',
    String.raw`do${GAP}anything${GAP}now|developer${GAP}mode${GAP}(?:enabled|activated|output|on(?!\p{L}))|jailbreak${GAP}(?:prompt|mode|yourself)`,
  ],
  [
    'jailbreak',
    'restrictions|limitations|filter|filters|censorship|guidelines|ethics|guardrails|rules|policies',
    String.raw`(?:respond|answer|reply|act|behave|operate|speak|you${GAP}are|you${GAP}have)${GAP}(?:\p{L}{1,12}${GAP}){0,4}(?:without|no|free${GAP}(?:of|from)|not${GAP}bound${GAP}by)${GAP}(?:any${GAP}|all${GAP}|your${GAP}|ethical${GAP}|moral${GAP}|content${GAP}|safety${GAP}|usual${GAP}){0,3}(?:restrictions|limitations|filters?|censorship|guidelines|ethics|guardrails|rules|policies)`,
  ],
  [
    'jailbreak',
    'pretend|roleplay|role-play|imagine',
    String.raw`(?:pretend|roleplay|role-play|imagine)${GAP}(?:(?:to|be|that|you|are|as|have|an?|ai)${GAP}){1,6}(?:\p{L}{1,12}${GAP}){0,2}(?:no${GAP}|without${GAP}|unrestricted|evil${GAP}ai|unfiltered|uncensored)`,
  ],
  [
    'jailbreak',
    'grandma|grandmother|bist|entwicklermodus|maintenant|désormais|eres',
    String.raw`(?:deceased${GAP})?grand(?:ma|mother)${GAP}who${GAP}(?:used${GAP}to|would)${GAP}(?:read|tell|recite)|du${GAP}bist${GAP}(?:jetzt|nun|ab${GAP}jetzt)${GAP}(?:DAN(?!\p{L})|ein${GAP}(?:uneingeschränkter|unzensierter))|entwicklermodus${GAP}(?:aktiviert|aktivieren)|tu${GAP}es${GAP}(?:maintenant|désormais)${GAP}(?:DAN(?!\p{L})|une?${GAP}ia${GAP}sans)|eres${GAP}ahora${GAP}(?:DAN(?!\p{L})|una${GAP}ia${GAP}sin)`,
  ],
  [
    'jailbreak',
    'filter|filters|guidelines|restrictions|protocols|measures|checks|mechanisms|guardrails',
    String.raw`(?:bypass|disable|circumvent|remove|turn${GAP}off|deactivate)${GAP}(?:(?:all|any|your|the|its|of)${GAP}){0,3}(?:safety|content|ethical|moral|security)${GAP}(?:filters?|guidelines|restrictions|protocols|measures|checks|mechanisms|guardrails)`,
  ],
  [
    'goal_hijack',
    'goal|task|objective|mission|purpose|instruction|instructions|role|job|now|instead',
    String.raw`your${GAP}(?:new|real|true|actual|only|primary|sole)${GAP}(?:\p{L}{1,12}${GAP}){0,1}(?:goal|task|objective|mission|purpose|instructions?|role|job)${GAP}(?:is|are|now)|from${GAP}now${GAP}on,?${GAP}?(?:you${GAP}(?:will|must|are|shall|should)|your${GAP}(?:goal|task|objective)|only|always)|instead${GAP}of${GAP}(?:\p{L}{1,12}${GAP}){1,6}(?:you${GAP}(?:must|should|will)|send${GAP}(?:\p{L}{1,12}${GAP}){0,4}to)`,
  ],
  [
    'goal_hijack',
    'stop|abandon|drop|cease',
    String.raw`(?:stop|abandon|drop|cease)${GAP}(?:(?:doing|your|the|what|you|are|current|original|present|previous|working|on|this)${GAP}){1,6}(?:task|goal|objective|mission|doing|assignment)(?:${GAP}and|[.,;])`,
  ],
  [
    'goal_hijack',
    'ziel|aufgabe|auftrag|jetzt|sofort|ton|votre|objetivo|tarea|misión|meta',
    String.raw`dein(?:e)?${GAP}(?:neue[sr]?|wahre[sr]?|eigentliche[sr]?)${GAP}(?:ziel|aufgabe|auftrag)${GAP}ist|ab${GAP}(?:jetzt|sofort)${GAP}(?:wirst${GAP}du|musst${GAP}du|bist${GAP}du)|(?:ton|votre)${GAP}(?:nouvel|nouveau|véritable|vrai)${GAP}(?:objectif|but|mission)${GAP}est|tu${GAP}(?:nuevo|nueva|verdadero|verdadera)${GAP}(?:objetivo|tarea|misión|meta)${GAP}es`,
  ],
  [
    'memory_poisoning',
    'memory|future|permanently|forever|now',
    String.raw`(?:from${GAP}now${GAP}on${GAP}(?:always${GAP})?remember${GAP}that|(?:stored|saved)${GAP}in${GAP}(?:your${GAP}|the${GAP}|long-term${GAP})?memory${GAP}that)|(?:remember|memori[sz]e|store|save|add|update|write|record|note)${GAP}(?:(?:this|that|it|the|following|in|into|to|your|for|all|as|a|permanent|fact|rule|instruction|long-term|persistent)${GAP}){0,8}(?:(?:your|long-term|permanent|persistent)${GAP}memory|for${GAP}(?:all${GAP})?future${GAP}(?:conversations|sessions|chats|interactions|requests|users)|in${GAP}(?:all${GAP})?future${GAP}(?:conversations|sessions|chats|interactions)|from${GAP}now${GAP}on|permanently|forever)`,
  ],
  [
    'memory_poisoning',
    'future|subsequent|later|following|merke|merk|retiens|recuerda|souviens',
    String.raw`(?:in|for|during)${GAP}(?:all|every|any)${GAP}(?:future|subsequent|later|following)${GAP}(?:conversations?|sessions?|chats?|interactions?|requests?),?${GAP}?(?:always|never|you|recommend|tell|say|reply|respond)|merke?${GAP}dir${GAP}(?:\p{L}{1,12}${GAP}){0,4}(?:dauerhaft|für${GAP}immer|für${GAP}alle${GAP}(?:künftigen|zukünftigen))|(?:retiens|souviens-toi)${GAP}(?:\p{L}{1,12}${GAP}){0,4}(?:définitivement|pour${GAP}toujours|pour${GAP}toutes${GAP}les${GAP}conversations)|recuerda${GAP}(?:\p{L}{1,12}${GAP}){0,4}(?:permanentemente|para${GAP}siempre|en${GAP}todas${GAP}las${GAP}conversaciones)`,
  ],
];

export const INJECTION_DETECTORS: readonly Detector[] = PHRASES.map(([category, triggers, pattern]) => ({
  category,
  triggers: triggers.split('|'),
  pattern: new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${pattern})`, 'dgiu'),
}));
