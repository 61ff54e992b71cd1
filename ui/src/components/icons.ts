/** The line drawings, as paths in a box of 24. */

export interface Stroke {
  d: string;
  /** Width where it differs from the set's. */
  width?: number;
  cap?: "round" | "square";
  fill?: boolean;
}

const circle = (x: number, y: number, r: number): Stroke => ({
  d: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
});
const line = (d: string): Stroke => ({ d });
const dot = (d: string, width: number, cap: "round" | "square" = "round"): Stroke => ({ d, width, cap });

export const ICONS = {
  scan: [line("M3 8V4.5h4M17 4.5h4V8M21 16v3.5h-4M7 19.5H3V16"), line("M8.5 8.5h7v7h-7z"), dot("M12 12h.1", 2.6, "square")],
  cameraOff: [
    line("M8 6.5 9.5 4.5h5L16 6.500h4.500v11.500M17.500 19H3.500V6.500h1.500M3 3l18 18"),
    line("M9.300 10.300a4 4 0 0 0 5.400 5.400"),
  ],
  image: [line("M3.5 5h17v14h-17z"), line("m3.5 16 5-5 4 4 3-3 5 5"), circle(15.5, 9, 1.4)],
  link: [line("M10 14a4 4 0 0 1 0-5.6l3-3a4 4 0 0 1 5.7 5.7L17 12.7"), line("M14 10a4 4 0 0 1 0 5.6l-3 3a4 4 0 0 1-5.7-5.7L7 11.3")],
  keyboard: [line("M2.5 6.5h19v11h-19z"), line("M6 10.5h1.5M10 10.5h1.5M14 10.5h1.5M17.5 10.5H19M7.5 14h9")],
  clipboard: [line("M6 5H4.5v16h15V5H18"), line("M8.5 3h7v4h-7z")],
  search: [circle(10.5, 10.5, 6), line("m15 15 5.5 5.5")],
  settings: [
    circle(12, 12, 6.2),
    circle(12, 12, 2.3),
    {
      d: "M12 2.2V6M12 18v3.8M2.2 12H6M18 12h3.8M5.07 5.07 7.76 7.76M16.24 16.24l2.69 2.69M18.93 5.07l-2.69 2.69M7.76 16.24l-2.69 2.69",
      width: 2.6,
    },
  ],
  accounts: [line("M3.5 8.5h17v11h-17zM5.5 5h13"), line("M7 14h2.5M11 14h2.5M15 14h2")],
  activity: [line("M8.500 6H20.500M8.500 12H20.500M8.500 18H20.5"), dot("M4 6h.1M4 12h.1M4 18h.1", 2.8)],
  plus: [line("M12 4v16M4 12h16")],
  copy: [line("M8.5 8.5h11v12h-11z"), line("M15.5 8.5v-5h-11v12h4")],
  check: [line("m4 12.5 5.5 5.5L20 6.5")],
  more: [dot("M12 5.500v.1M12 12v.1M12 18.500v.1", 2.8)],
  right: [line("m9 5 7 7-7 7")],
  down: [line("m5 9 7 7 7-7")],
  back: [line("M15 4.5 7.5 12l7.5 7.5")],
  cross: [line("m5 5 14 14M19 5 5 19")],
  warning: [line("M12 3 1.8 20.5h20.4z"), line("M12 9.5v5"), dot("M12 17.5h.1", 2.4)],
  eye: [line("M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"), circle(12, 12, 3)],
  eyeOff: [line("M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"), circle(12, 12, 3), line("M4 3.5 20 20.5")],
  clock: [circle(12, 12, 8.5), line("M12 7v5l3.5 2")],
  offline: [
    line(
      "M3 3l18 18M8.5 15a5 5 0 0 1 6 0M5.2 11.7a9.5 9.5 0 0 1 4-2.3M18.8 11.7a9.6 9.6 0 0 0-5-2.6M2 8.3a14 14 0 0 1 4.2-2.6M22 8.3A14.3 14.3 0 0 0 10.8 5",
    ),
    dot("M12 19h.1", 2.8),
  ],
  erase: [line("M8.5 5H21v14H8.5L2.5 12z"), line("m12 9.5 5 5M17 9.5l-5 5")],
  person: [circle(12, 8, 4), line("M4 20.5c.8-4 4-5.5 8-5.5s7.2 1.5 8 5.5")],
  place: [line("M12 21.5s-7-6.3-7-11.5a7 7 0 0 1 14 0c0 5.2-7 11.5-7 11.5z"), circle(12, 10, 2.5)],
  flag: [line("M5 21.5V3.5M5 4.5h13l-3 4 3 4H5")],
  says: [line("M3.5 4.5h17v12h-9l-4.5 4v-4h-3.500z"), line("M7.5 9h9M7.5 12.500h6")],
  pencil: [line("M4 20l1-4.5L16.5 4 20 7.5 8.5 19z"), line("M14 6.5 17.5 10")],
  bin: [line("M4 6.5h16M9 6.5V4h6v2.5M6 6.5 7 20.5h10l1-14M10 10.5v6M14 10.5v6")],
  lock: [line("M5 10.500h14v10H5z"), line("M8 10.500V7.500a4 4 0 0 1 8 0v3"), dot("M12 15.500h.1", 2.6)],
  devices: [line("M3 5h13v4M3 5v10.5h9M6 19h6"), line("M14.5 9.5h6.5v11h-6.5z")],
  phone: [line("M7 2.5h10v19H7z"), line("M10.5 18.5h3")],
  window: [line("M3.5 4.5h17v15h-17zM3.5 9h17"), dot("M6.5 6.8h.1M9 6.8h.1", 2)],
  contrast: [circle(12, 12, 8.5), { d: "M12 3.5v17a8.5 8.5 0 0 0 0-17z", fill: true }],
  code: [line("M3.5 3.5h7v7h-7zM13.5 3.5h7v7h-7zM3.5 13.5h7v7h-7z"), line("M13.5 13.5h3v3h-3zM17.5 17.5h3v3h-3zM20.5 13.5v1M13.5 20.5h1")],
  file: [line("M5 2.500h9l5 5v14H5z"), line("M14 2.500v5h5")],
  folder: [line("M3 5h7l2 3h9v11.5H3z")],
  restore: [line("M4 5v5h5"), line("M4.5 10a8 8 0 1 1-.3 4.5")],
  bell: [line("M5.500 17.500V11a6.500 6.500 0 0 1 13 0v6.500H21H3h2.500M12 4.500V2.500M10 20.500h4")],
  question: [circle(12, 12, 8.5), line("M9.500 9.500a2.5 2.5 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700"), dot("M12 16.500h.1", 2.2)],
  globe: [circle(12, 12, 8.5), line("M3.500 12h17M12 3.500c-5 5-5 12 0 17M12 3.500c5 5 5 12 0 17")],
  passcode: [line("M2.500 7.500h19v9h-19z"), dot("M6.500 12h.1M10.200 12h.1M13.900 12h.1M17.500 12h.1", 2.4)],
  screen: [line("M3 4.500h18v12H3zM9 20.500h6M12 16.500v4")],
  grip: [dot("M9 6h.1M15 6h.1M9 12h.1M15 12h.1M9 18h.1M15 18h.1", 2.6)],
  up: [line("m5 15 7-7 7 7")],
  finger: [
    line(
      "M5.500 14.500V12a6.500 6.500 0 0 1 13 0v2M8.500 18c.5-1.500.5-3 .5-6a3 3 0 0 1 6 0v2.500M12 12v3c0 2-.3 3.500-1 5M15 18c-.2 1-.4 1.600-.7 2.300M3.500 8.500A9.500 9.500 0 0 1 7 4.500M17 4.500A9.500 9.500 0 0 1 20.500 8.5",
    ),
  ],
  push: [line("M13 3H6.5v18.5h10V11M10 18.5h3"), { d: "M13.8 5.2a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0", fill: true, width: 0 }],
  keys: [line("M2.5 7h19v10h-19z"), dot("M6.5 12h.1M10.2 12h.1M13.9 12h.1M17.5 12h.1", 2.6)],
  call: [line("M5 3.5h4l1.5 5L8 10.5c1 2.4 3 4.4 5.5 5.5l2-2.5 5 1.5v4c0 1-.7 1.5-1.5 1.5C11 20.5 3.5 13 3.5 5c0-.9.6-1.5 1.5-1.5z")],
  tablet: [line("M4.5 3h15v18h-15z"), line("M10.5 18h3")],
  landline: [
    line("M5 20.5V11h14v9.5zM3 9.5V6q9-4 18 0v3.5h-4.5V8q-4.5-1.5-9 0v1.5z"),
    dot("M9.5 14.5h.1M12 14.5h.1M14.5 14.5h.1M9.5 17.3h.1M12 17.3h.1M14.5 17.3h.1", 2.2),
  ],
  again: [line("M4.5 12a7.5 7.5 0 1 0 2.3-5.4L4 9.3"), line("M4 4v5.3h5.3")],
  sim: [line("M5.5 2.5h9l4 4v15h-13z"), line("M9 11.5h6v6H9zM12 11.5v6")],
  info: [circle(12, 12, 9), line("M12 11v6"), dot("M12 7.8h.1", 2.4)],
  text: [line("M3 4.5h18v12.5H10l-4.5 4V17H3z"), line("M7 9h10M7 12.5h6")],
  shield: [line("M12 2.5 4 5.500v6c0 5 3.5 8.5 8 10 4.5-1.5 8-5 8-10v-6z"), line("m8.5 11.8 2.5 2.5 4.5-4.8")],
} satisfies Record<string, Stroke[]>;

export type IconName = keyof typeof ICONS;
