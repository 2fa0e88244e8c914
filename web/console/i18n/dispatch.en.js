export default {
  "duty.breaks": "would miss {n} mandatory windows",
  "duty.window": "{point} {from}–{to}",
  "duty.alone": "nobody else is rostered",
  "duty.others": "{n} others could go",
  "duty.void": "leaves {n} in {name}",
  "duty.exempt": "Exempt",
  "duty.exempt.how": "What is ticked is excused by this task, and wanted again if the unit does not go after all.",
  "duty.short": "Too few are free:",
  "error.not_its_duty": "A window chosen is over, served, or not this unit's. Choose again.",
};
