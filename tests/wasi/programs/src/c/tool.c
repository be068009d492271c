/* A C program for WASI preview 1: what a small tool does with files, input and time. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "show";
  if (!strcmp(what, "show")) {
    char line[256];
    while (fgets(line, sizeof line, stdin)) printf("%d %s", argc, line);
    printf("%s\n", getenv("A") ? getenv("A") : "none");
    fprintf(stderr, "that was all\n");
    return 0;
  }
  if (!strcmp(what, "files")) {
    char path[128], target[128];
    snprintf(path, sizeof path, "%s/made", argv[2]);
    FILE *file = fopen(path, "w");
    if (!file) { printf("no: %s\n", strerror(errno)); return 4; }
    for (int i = 0; i < 20000; i++) fprintf(file, "%d\n", i);
    fclose(file);
    struct stat found;
    stat(path, &found);
    file = fopen(path, "r");
    fseek(file, -6, SEEK_END);
    char end[16] = "";
    fread(end, 1, 5, file);
    fclose(file);
    printf("%lld %s\n", (long long)found.st_size, end);
    snprintf(target, sizeof target, "%s/link", argv[2]);
    printf("%d", symlink("made", target));
    char to[32] = "";
    printf(" %d %s\n", (int)readlink(target, to, sizeof to), to);
    DIR *dir = opendir(argv[2]);
    int count = 0;
    while (readdir(dir)) count++;
    closedir(dir);
    printf("%d\n", count);
    unlink(target);
    return unlink(path);
  }
  unsigned char word[8] = {0};
  printf("%d %d\n", getentropy(word, sizeof word), time(NULL) > 0);
  return 0;
}
