// What the page's half of a panel handles. `lesson_lib/panel/frame.py` says what each part means.

import type { PackedMark, PackedPicture } from "../chart/types.d.ts";

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
  standing: Record<string, PackedMark>;
  alt: string;
  sentence: string;
  details: string;
  spoken: string;
  status: string;
  error: string;
  views: number;
}
