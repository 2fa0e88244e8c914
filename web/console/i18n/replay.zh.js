export default {
  "replay": "回放",
  "replay.at": "回放 {t} · 非实时",
  "replay.counts": "当时有位置 {units} · 在办任务 {tasks} · 告警 {alarms}",
  "replay.wait": "正在读取当时的情况…",
  "replay.leave": "返回实时",
  "replay.play": "播放",
  "replay.pause": "暂停",
  "replay.when": "前往某一时刻（上海时间）",
  "keys.replay": "回放：地图回到过去",
};
