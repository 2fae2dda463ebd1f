// What a picture is in the page. `lesson_lib/chart/picture.py` says what each part means.

export interface Tick {
  at: number;
  text: string;
}

export interface Axis {
  label: string;
  low: number;
  high: number;
  ticks: Tick[];
  log: boolean;
  grid: boolean;
}

export interface Curve {
  kind: "curve";
  x: Float32Array;
  y: Float32Array;
  color: string;
  name: string;
  width: number;
  dash: "solid" | "dashed" | "dotted";
  marker: "none" | "dot" | "square" | "cross";
  marker_size: number;
  opacity: number;
  arrow: boolean;
  named_at_end: boolean;
}

export interface Band {
  kind: "band";
  x: Float32Array;
  low: Float32Array;
  high: Float32Array;
  color: string;
  opacity: number;
}

export interface Cells {
  kind: "cells";
  colors: HTMLCanvasElement;
  left: number;
  right: number;
  bottom: number;
  top: number;
  dark: HTMLCanvasElement | null;
  values: Float32Array | null;
  name: string;
  smooth: boolean;
  tiles: string[];
}

export interface Words {
  kind: "words";
  x: number;
  y: number;
  text: string;
  color: string;
  size: number;
  on_area: boolean;
}

export type Mark = Curve | Band | Cells | Words;

export interface Chart<M = Mark> {
  title: string;
  x: Axis;
  y: Axis;
  marks: M[];
  width: number;
  equal: boolean;
  start: [x: number, y: number] | null;
}

export interface Picture<M = Mark> {
  rows: Chart<M>[][];
  heights: number[];
}

/** A mark as it arrives: its arrays are bytes still. */
export interface PackedMark {
  kind: Mark["kind"];
  shape?: number[];
  [field: string]: unknown;
}

/** In place of a mark that came before. */
export interface Standing {
  kind: "standing";
  key: string;
}

export type PackedPicture = Picture<PackedMark | Standing>;

/** The colours of a page, and those of marks on its ground. */
export interface Theme {
  isDark: boolean;
  ground: string;
  ink: string;
  grid: string;
  line(color: string): string;
  words(color: string): string;
}

export interface Room {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** From values to places on the canvas. */
export interface Scales {
  atX(value: number): number;
  atY(value: number): number;
}

/** Where a chart's axes lie on the canvas. */
export interface Plot extends Room, Scales {
  chart: Chart;
  x: Axis;
  y: Axis;
}

/** A plot's number in its picture, and values of its axes; of the x axis alone where the keyboard goes along curves. */
export interface Pointed {
  plot: number;
  x: number;
  y?: number;
}

/** What is read off at a place. */
export interface Reading {
  x: number;
  /** Of a map. */
  y?: number;
  title: string;
  rows: Row[];
  /** All of it in one line, as it is read out. */
  words: string;
  /** Of many images the one that is pointed at. */
  tile?: number;
}

export interface Row {
  name: string;
  value: string;
  /** Whose value it is, and where the curve has it. */
  of?: { curve: Curve; x: number; y: number };
}
