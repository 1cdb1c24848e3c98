/**
 * The words and phrases that our prose does without, and what to write instead. A row belongs here only if it is
 * wrong nearly everywhere: a failed check should mean a better sentence, not a shorter list.
 */

/** Documents; comments of the source; texts of the source, such as errors and `--help`. */
export type ProseKind = 'document' | 'comment' | 'text';

export interface WordRule {
  /** A regular expression. A blank in it stands for any white space, also the end of a line. */
  readonly pattern: string;
  readonly instead: string;
  /** Where it applies, if not everywhere. */
  readonly only?: readonly ProseKind[];
}

/** Stands in prose for what is not prose, such as code, the bar of a table or the end of a paragraph. */
export const BREAK = '\u0001';

/** A place after one of these marks, or where a text, a paragraph, an item or a cell begins; not a heading. */
const beginAfter = (marks: string): string => `(?<=(?:^|[${marks}]["')]*\\s|${BREAK})\\s*)`;
const CLAUSE = beginAfter('.!;:');
const SENTENCE = beginAfter('.!');
const NO_QUESTION = `(?![^.!;${BREAK}]*\\?)`;

const TIME = '(?:second|minute|hour|day|week)';
const OURS =
  '(?:task|slave|master|message|line|thread|process|file|list|word|session|group|algorithm|address|run)';
const COUNT = '(?:\\d[\\d,.]*|once|twice|times|hundred|thousand|million)';

export const WORD_RULES: readonly WordRule[] = [
  { pattern: `${COUNT} an? ${TIME}\\b(?! time)`, instead: '"per second", "per minute"' },
  {
    pattern: `(?:tasks|results|lines|messages|bytes|[KMG]B|runs|slaves|jobs|calls|processes|requests) an? ${TIME}\\b(?! time)`,
    instead: '"per second", "per minute"',
  },
  { pattern: `(?:µs|ms|bytes|[KMG]B) an? ${OURS}`, instead: '"per task", "per slave"' },
  {
    pattern: `(?:once|twice|times) an? ${OURS}(?= ?[.,;:${BREAK}])`,
    instead: '"per task", "per slave"',
  },
  { pattern: `one (?!\\w*(?:s|ed)\\b)\\w+ an? ${OURS}(?= ?[.,;:${BREAK}])`, instead: '"one … per …"' },
  {
    pattern: `${CLAUSE}who (?:are|had|may|can|want|need|\\w+s)\\b${NO_QUESTION}`,
    instead: 'a noun: "a slave that …", "anyone who …"',
  },
  { pattern: '(?:for|of|to|from|with) who\\b', instead: 'a noun: "for anyone who …"' },
  { pattern: 'who(?:so)?ever\\b', instead: '"anyone who", "any client that"' },
  {
    pattern: `${SENTENCE}what\\b(?! (?:if|for)\\b|\\s*${BREAK})${NO_QUESTION}`,
    instead: 'a noun: "data that …", "a value that …"',
  },
  { pattern: 'what of the\\b', instead: 'a noun: "the part of the …"' },
  { pattern: 'so many\\b(?![^.;:]*\\bthat\\b)', instead: 'a number or its name' },
  { pattern: 'at the most\\b', instead: '"at most"' },
  { pattern: 'shall\\b', instead: '"should", "must", "will"' },
  { pattern: 'by and by\\b', instead: '"later"' },
  {
    pattern: '(?:none|no \\w+) of (?:ours|theirs|yours|hers|his)\\b',
    instead: '"not ours", "not one of our …"',
  },
  { pattern: '(?:to|can|could|may|cannot|might) be had\\b', instead: '"is available", "cannot be used"' },
  { pattern: '(?:come|comes|came|coming) to nothing\\b', instead: '"fails"' },
  {
    pattern:
      '(?:stand|stands|stood|standing|put|written|defined|given|typed|named|come|comes|came|waits|waiting) behind\\b',
    instead: '"after"',
  },
  { pattern: 'besides\\b', instead: '"also", "apart from"' },
  { pattern: 'lest\\b', instead: '"so that … not"' },
  {
    pattern: 'such as (?:may|might|have|had|has|are|is|was|were|can|could|will|would|do|does|did)\\b',
    instead: '"those that …"',
  },
  { pattern: 'that is to say\\b', instead: '"that is", or a shorter sentence' },
  { pattern: 'and the like\\b', instead: '"and similar …", or name them' },
  { pattern: 'for ever\\b', instead: '"forever"' },
  { pattern: 'mend(?:s|ed|ing)?\\b', instead: '"fix", "repair"' },
  { pattern: 'anew\\b', instead: '"again"' },
  { pattern: 'tells? of\\b', instead: '"reports", "names"' },
  {
    pattern:
      '(?:that|which|it|this) (?:is|are|was|were) no (?!longer|more|less|better|different|worse|other|such|way)\\w+',
    instead: '"is not a …"',
  },
  { pattern: '(?<!there )(?:is|are|was|were) none\\b(?! of)', instead: '"is not one", "there are none"' },
  {
    pattern: '(?:is|are|does|do|has|have|exists?|wanted|needed) no more\\b(?! than)(?= ?[.,;:)])',
    instead: '"no longer"',
  },
  { pattern: 'all the same\\b', instead: '"anyway", "still"' },
  { pattern: 'but for (?:the|that|those|its|what|a)\\b', instead: '"except for"' },
  {
    pattern:
      '(?:whence|thereof|therein|whereby|wherein|hereby|thereby|heretofore|hitherto|henceforth|thither|thence|nought|naught|amongst|albeit|thrice|upon|unto|afresh)\\b',
    instead: 'a plain modern word',
  },
];
