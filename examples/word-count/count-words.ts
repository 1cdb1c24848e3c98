/** The words of one range of a text file, counted; a range has the lines that begin in it. */
import { type FileHandle, open } from 'node:fs/promises';

export type WordCounts = Map<string, number>;

const NEWLINE = 0x0a;
const PIECE_BYTES = 64 * 1024;
const WORD = /[\p{L}\p{N}]+(?:['’]\p{L}+)*/gu;

/**
 * Counts the words of the lines that begin at byte `from` or behind it, and before `to`. So each line of a
 * file belongs to exactly one of the ranges that it is cut into, and no character of UTF-8 is ever cut.
 */
export async function countWords(path: string, from: number, to: number): Promise<WordCounts> {
  const file = await open(path);
  try {
    const begin = await lineStart(file, from);
    const end = await lineStart(file, to);
    const bytes = Buffer.alloc(Math.max(0, end - begin));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, begin);
    return countIn(bytes.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

export function countIn(text: string): WordCounts {
  const counts: WordCounts = new Map();
  for (const [word] of text.toLowerCase().matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Where the first line begins that does so at `position` or behind it; the end of the file if none does. */
async function lineStart(file: FileHandle, position: number): Promise<number> {
  if (position === 0) return 0;
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let at = position - 1; ; at += PIECE_BYTES) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    const newline = piece.subarray(0, bytesRead).indexOf(NEWLINE);
    if (newline >= 0) return at + newline + 1;
    if (bytesRead < PIECE_BYTES) return at + bytesRead;
  }
}
