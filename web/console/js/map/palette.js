// Colours of the map in both themes. Greys and pale tints below; Okabe–Ito, safe for the
// colour-blind, above. Bright ones are kept for what asks for a person.

export const PALETTES = {
  light: {
    land: "#f1f1ee", block: { office: "#e9e8e4", campus: "#ebebe4", works: "#e6e6e6" },
    park: "#dde8d6", water: "#c3d6e2", waterText: "#5e7f96", parkText: "#6b8560",
    street: "#ffffff", secondary: "#ffffff", primary: "#fdfcf8", motorway: "#f0dcb4",
    casing: "#d9d8d2", motorwayCasing: "#d6bd88",
    text: "#6d6f70", textStrong: "#4c5052", halo: "#f7f7f4", area: "#8d949a",
    unit: "#2f6690", unitBusy: "#173f5f", unitOff: "#9aa1a7", unitStale: "#7d868d", edge: "#ffffff",
    alarm: "#d55e00", selected: "#0b7cc4", fence: "#7a6aa8", forbidden: "#d55e00", track: "#0b7cc4",
    task: "#38424b", taskOpen: "#a87400",
    hues: ["#0072b2", "#a34f86", "#00805c", "#8f5a00", "#56606a", "#c24f00"],
    look: {
      on_time: "#009e73", early: "#56a3c9", late: "#b98a00", open: "#0072b2", due: "#0072b2",
      missed: "#d55e00", undeterminable: "#a34f86", excused: "#8b9298", scheduled: "#8b9298",
      out_of_place: "#d55e00", suspect: "#a87400", too_short: "#a87400", out_of_order: "#a87400",
      makeup: "#009e73", pending_offline: "#a34f86",
    },
  },
  dark: {
    land: "#171b1f", block: { office: "#1d2227", campus: "#1b2022", works: "#1b1f23" },
    park: "#1a2722", water: "#0f1d28", waterText: "#56788f", parkText: "#5f7d68",
    street: "#23292f", secondary: "#2b3238", primary: "#343c43", motorway: "#4a4335",
    casing: "#14171a", motorwayCasing: "#191714",
    text: "#7f8890", textStrong: "#a3abb2", halo: "#14181b", area: "#5c666e",
    unit: "#7fb8de", unitBusy: "#d3ebfa", unitOff: "#67717a", unitStale: "#87919a", edge: "#10141a",
    alarm: "#ff7a2e", selected: "#4fb3f2", fence: "#a394d6", forbidden: "#ff7a2e", track: "#4fb3f2",
    task: "#c9d1d8", taskOpen: "#e8b84a",
    hues: ["#56b4e9", "#d98abc", "#2bbd92", "#e3ab4e", "#a0a9b1", "#ff8a47"],
    look: {
      on_time: "#2bbd92", early: "#7cc4e8", late: "#e0b020", open: "#4fa8dd", due: "#4fa8dd",
      missed: "#ff7a2e", undeterminable: "#d98abc", excused: "#848d95", scheduled: "#848d95",
      out_of_place: "#ff7a2e", suspect: "#e8b84a", too_short: "#e8b84a", out_of_order: "#e8b84a",
      makeup: "#2bbd92", pending_offline: "#d98abc",
    },
  },
};
