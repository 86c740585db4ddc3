/* First process of a pod sandbox: keeps its namespaces open, collects dead children, ends on SIGTERM. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void collect(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

static void end(int signal_number) {
  (void)signal_number;
  _exit(0);
}

int main(void) {
  signal(SIGCHLD, collect);
  signal(SIGTERM, end);
  signal(SIGINT, end);
  for (;;) pause();
}
