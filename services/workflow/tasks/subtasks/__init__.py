"""Parts of tasks (分解任务): who does which part of a task, by when; and the organs that help the leading one."""
