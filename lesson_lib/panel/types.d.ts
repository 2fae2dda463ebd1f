// What the page's half of a panel handles. `lesson_lib/panel/frame.py` says what each part means.

import type { PackedMark, PackedPicture } from "../chart/types.d.ts";

/** The page's half of a widget's traits, as anywidget hands it to `render`. */
export interface Model<Traits> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  send(content: object): void;
  // biome-ignore lint/suspicious/noExplicitAny: each event hands on something else
  on(names: string, follow: (content: any) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  off(names: string, follow: (content: any) => void): void;
  /** JupyterLab's and Notebook 7's has a context; other front ends' have none. */
  widget_manager?: {
    get_model(key: string): Promise<{ comm_live: boolean }>;
    context?: { model: { cells: Iterable<Cell> }; sessionContext: SessionContext };
  };
}

/** What is shown, in several forms, by their MIME types. */
export type Bundle = Record<string, string | string[]>;

export interface Output {
  data?: Bundle;
}

export interface Cell {
  outputs?: Outputs;
  // biome-ignore lint/suspicious/noExplicitAny: each key holds something else
  getMetadata(key: string): any;
  setMetadata(key: string, value: object): void;
  deleteMetadata(key: string): void;
}

export interface Outputs {
  length: number;
  get(place: number): { toJSON(): Output };
  set(place: number, output: Output): void;
}

/** A notebook's connection with its kernel. */
export interface SessionContext {
  statusChanged: Signal<string>;
  kernelChanged: Signal<unknown>;
}

export interface Signal<Value> {
  connect(follow: (sender: unknown, value: Value) => void): void;
  disconnect(follow: (sender: unknown, value: Value) => void): void;
}

export interface LiveTraits {
  key: string;
}

export interface View<Traits> {
  model: Model<Traits>;
  el: HTMLElement;
}

export interface ControlSpec {
  name: string;
  label: string;
  kind: "slider" | "list";
  texts: string[];
  /** Is it shown at once, or under "More"? */
  main: boolean;
  /** What is written under a slider's track: the place of a value, and a short text. */
  marks: [place: number, text: string][];
}

export interface PanelTraits extends LiveTraits {
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
  standing: Record<string, PackedMark>;
  alt: string;
  sentence: string;
  details: [label: string, value: string][];
  spoken: string;
  status: string;
  error: string;
}
