export default {
  "replay": "Replay",
  "replay.at": "Replay {t} · not live",
  "replay.counts": "then: {units} placed · {tasks} tasks · {alarms} alarms",
  "replay.wait": "reading how it was…",
  "replay.leave": "Back to live",
  "replay.play": "Play",
  "replay.pause": "Pause",
  "replay.when": "Go to a time (Shanghai)",
  "keys.replay": "replay: the map as it was",
};
