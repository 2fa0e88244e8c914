export default {
  "duty.breaks": "将错过 {n} 个必到点时间窗",
  "duty.window": "{point} {from}–{to}",
  "duty.alone": "只排了此人",
  "duty.others": "另有 {n} 人可去",
  "duty.void": "离开后“{name}”只剩 {n} 人",
  "duty.exempt": "豁免",
  "duty.exempt.how": "勾选的时间窗记为“派单免于考核”；队员未去或任务撤销时自动恢复。",
  "duty.short": "可派力量不足：",
  "error.not_its_duty": "所选时间窗已结束、已完成或不归此人负责。请重新选择。",
};
