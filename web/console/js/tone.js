// The alarm's tone: soft notes, again every four seconds, until somebody acknowledges. What it is
// can be heard without looking: a call for help falls, a fall drops in three, all else is one note.

const TONES = { sos: [880, 659], fall: [587, 494, 392] };
const OTHER = [740];

let context = null;
let timer = 0;

function note(at, hertz) {
  const tone = context.createOscillator();
  const level = context.createGain();
  tone.type = "triangle";
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(0.0001, at);
  level.gain.exponentialRampToValueAtTime(0.22, at + 0.02);
  level.gain.exponentialRampToValueAtTime(0.0001, at + 0.34);
  tone.connect(level).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.36);
}

function ring(notes) {
  notes.forEach((hertz, i) => note(context.currentTime + 0.2 * i, hertz));
}

/** Sound for an alarm of this type, or stop sounding where there is none. A browser lets a page
 * sound only after its person did something. @param {string|null} type */
export function sound(type) {
  clearInterval(timer);
  if (!type) return;
  const notes = TONES[type] || OTHER;
  const begin = () => {
    context = context || new AudioContext();
    ring(notes);
    timer = setInterval(() => ring(notes), 4000);
  };
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) {
    addEventListener("pointerdown", () => sound(type), { once: true });
  } else begin();
}
