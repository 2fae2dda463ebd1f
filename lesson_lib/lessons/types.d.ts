import type { PackedPicture } from "../chart/types.d.ts";
import type { LiveTraits } from "../panel/types.d.ts";

export type Verdict = "right" | "wrong" | "";

export interface ChoiceTraits extends LiveTraits {
  text: string;
  options: string[];
  chosen: number;
  mark: Verdict;
  verdict: string;
  closed: boolean;
  notice: string;
}

export interface ToldTraits extends LiveTraits {
  words: string;
  mark: Verdict;
  rows: string[][];
  held_back: string[];
  held: boolean;
  notice: string;
}

/** For each curve's name its values at the places; null where nothing has been drawn. */
export type Drawn = Record<string, (number | null)[]>;

export interface Sketch {
  name: string;
  color: string;
  dash: string;
}

export interface SketchTraits extends LiveTraits {
  picture: PackedPicture;
  sketches: Sketch[];
  places: number[];
  drawn: Drawn;
  measured: boolean;
  held: boolean;
  words: string;
  alt: string;
  notice: string;
}

export interface RewardTraits extends LiveTraits {
  picture: PackedPicture;
  words: string;
}

/** A point of the axes: shares of the way to the right and upwards. */
export interface Spot {
  share: number;
  up: number;
}
