// The moves the ledger allows from each state; a test holds this against the server's table.
export const STEPS = {
  "in_store": ["issue", "lend", "report_fault", "send_repair", "lose", "transfer", "retire"],
  "issued": ["give_back", "report_fault", "send_repair", "lose"],
  "loaned": ["give_back", "report_fault", "send_repair", "lose"],
  "fault": ["give_back", "send_repair", "repaired", "lose", "retire"],
  "repair": ["repaired", "lose", "retire"],
  "lost": ["find", "retire"],
  "retired": []
};
