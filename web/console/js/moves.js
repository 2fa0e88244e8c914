// What a person may do with a task in each state. The rule is dispatch/tasks.py; a test
// compares this copy with it, so that the console offers nothing the server refuses.
export default {
  "discovered": ["accept", "reject", "cancel", "defer", "extend"],
  "accepted": ["assign", "cancel", "defer", "extend"],
  "dispatched": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend"],
  "delivered": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend"],
  "read": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend"],
  "acked": ["assign", "depart", "arrive", "resolve", "return", "cancel", "defer", "extend"],
  "en_route": ["assign", "arrive", "resolve", "cancel", "defer", "extend"],
  "on_scene": ["assign", "start", "resolve", "cancel", "defer", "extend"],
  "in_progress": ["assign", "resolve", "cancel", "defer", "extend"],
  "resolved": ["report", "close", "cancel", "defer", "extend"],
  "reported": ["verify", "cancel", "defer", "extend"],
  "verifying": ["close", "reopen", "cancel", "defer", "extend"],
  "closed": [],
  "rejected": [],
  "returned": ["assign", "ack", "depart", "arrive", "resolve", "cancel", "defer", "extend"],
  "reopened": ["assign", "cancel", "defer", "extend"],
  "cancelled": [],
  "deferred": ["cancel", "resume", "extend"]
};
