/** A program that defines two master algorithms and two slave algorithms. */
import { defineMaster, defineSlave, initialize } from 'ts-mw';

defineMaster(() => 0);
defineMaster(() => 1);
defineSlave(() => 0);
defineSlave(() => 1);
await initialize();
