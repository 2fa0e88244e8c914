// What a person may do with a task in each state. The rule is dispatch/tasks.py; a test
// compares this copy with it, so that the console offers nothing the server refuses.
export default {
  "discovered": ["accept", "reject", "cancel", "defer", "extend", "contact", "first_report"],
  "accepted": ["assign", "cancel", "defer", "extend", "reserve", "contact", "first_report"],
  "dispatched": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend", "contact", "first_report"],
  "delivered": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend", "contact", "first_report"],
  "read": ["assign", "ack", "depart", "arrive", "resolve", "return", "lapse", "cancel", "defer", "extend", "contact", "first_report"],
  "acked": ["assign", "depart", "arrive", "resolve", "return", "cancel", "defer", "extend", "contact", "first_report"],
  "en_route": ["assign", "arrive", "resolve", "cancel", "defer", "extend", "contact", "first_report"],
  "on_scene": ["assign", "start", "resolve", "cancel", "defer", "extend", "contact", "first_report"],
  "in_progress": ["assign", "resolve", "cancel", "defer", "extend", "contact", "first_report"],
  "resolved": ["report", "close", "cancel", "defer", "extend", "contact", "first_report"],
  "reported": ["verify", "cancel", "defer", "extend", "contact", "first_report"],
  "verifying": ["close", "reopen", "cancel", "defer", "extend", "contact", "first_report"],
  "closed": [],
  "rejected": [],
  "returned": ["assign", "ack", "depart", "arrive", "resolve", "cancel", "defer", "extend", "reserve", "contact", "first_report"],
  "reopened": ["assign", "cancel", "defer", "extend", "reserve", "contact", "first_report"],
  "cancelled": [],
  "deferred": ["cancel", "resume", "extend", "contact", "first_report"]
};
