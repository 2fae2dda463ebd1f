// What the page's JavaScript handles. `lesson_lib/picture.py` and `panels/frame.py` say what each part means.

/** The page's half of a widget's traits, as anywidget hands it to `render`. */
export interface Model<Traits> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  send(content: object): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event hands on something else
  on(names: string, follow: (content: any) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  off(names: string, follow: (content: any) => void): void;
}

export interface View<Traits> {
  model: Model<Traits>;
  el: HTMLElement;
}

export interface Axis {
  label: string;
  low: number;
  high: number;
  ticks: { at: number; text: string }[];
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
}

export interface Words {
  kind: "words";
  x: number;
  y: number;
  text: string;
  color: string;
  size: number;
}

export type Mark = Curve | Band | Cells | Words;

export interface Chart<M = Mark> {
  title: string;
  x: Axis;
  y: Axis;
  marks: M[];
  width: number;
  equal: boolean;
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

export type PackedPicture = Picture<PackedMark>;

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

/** A plot's number in its picture, and a value of its x axis. */
export interface Pointed {
  plot: number;
  x: number;
}

export interface ControlSpec {
  name: string;
  label: string;
  kind: "slider" | "list";
  texts: string[];
  restarts: boolean;
}

export interface PanelTraits {
  step_name: string;
  keeps_runs: boolean;
  controls: ControlSpec[];
  chosen: Record<string, number>;
  moment: number;
  recorded: number;
  num_kept: number;
  done: number;
  code: string;
  running: boolean;
  picture: PackedPicture | { rows?: undefined };
  alt: string;
  sentence: string;
  spoken: string;
  status: string;
  error: string;
  views: number;
}
