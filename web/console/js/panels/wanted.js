// A unit somebody has in mind for a task: {task, unit} until the task's panel has taken it up.
import { signal } from "../../vendor/ui.js";

export const wanted = signal(null);
