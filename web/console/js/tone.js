// The alarm's tone: two soft notes, again every four seconds, until somebody acknowledges.

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

function ring() {
  note(context.currentTime, 880);
  note(context.currentTime + 0.2, 659);
}

/** Sound or stop sounding. A browser lets a page sound only after its person did something. */
export function sound(on) {
  clearInterval(timer);
  if (!on) return;
  const begin = () => {
    context = context || new AudioContext();
    ring();
    timer = setInterval(ring, 4000);
  };
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) {
    addEventListener("pointerdown", () => sound(on), { once: true });
  } else begin();
}
