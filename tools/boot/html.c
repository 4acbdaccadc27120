/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tools/boot/output.h"
#include "tools/common/print.h"

/*
 * One self-contained page: for each run how much was accepted over time and why, and which
 * memory. Drawn as SVG by this program; the page needs no script and no network.
 */

#define WIDTH  960
#define HEIGHT 220
#define LABEL  56 /* room for a stage's name */

static const char *const colours[CVM_CAUSES] = {
	[CVM_CAUSE_EARLY] = "#4269d0",	    [CVM_CAUSE_PAGES] = "#3ca951",
	[CVM_CAUSE_MEMMAP] = "#a463f2",	    [CVM_CAUSE_RESERVED] = "#9c6b4e",
	[CVM_CAUSE_KEXEC] = "#97bbf5",	    [CVM_CAUSE_EAGER] = "#ff725c",
	[CVM_CAUSE_BACKGROUND] = "#6cc5b0", [CVM_CAUSE_FAULT] = "#ff8ab7",
	[CVM_CAUSE_FIRMWARE] = "#efb118",   [CVM_CAUSE_UNALIGNED] = "#9498a0",
	[CVM_CAUSE_UNSHARE] = "#c7a76c",
};

/* From the bottom of the chart up: in the order of a boot. */
static const enum cvm_cause order[CVM_CAUSES] = {
	CVM_CAUSE_FIRMWARE, CVM_CAUSE_UNALIGNED,  CVM_CAUSE_EARLY,   CVM_CAUSE_EAGER,
	CVM_CAUSE_RESERVED, CVM_CAUSE_MEMMAP,	  CVM_CAUSE_PAGES,   CVM_CAUSE_FAULT,
	CVM_CAUSE_KEXEC,    CVM_CAUSE_BACKGROUND, CVM_CAUSE_UNSHARE,
};

static const char style[] =
	"<style>\n"
	":root{color-scheme:light dark;--ink:#1b1e23;--soft:#6b7280;--line:#d5d9e0;--bg:#fff;"
	"--cell:#eceef2}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#9aa0a6;--line:#3c4043;"
	"--bg:#1b1d21;--cell:#2b2e34}}\n"
	"body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--bg);"
	"max-width:1000px;margin:2rem auto;padding:0 1rem}\n"
	"h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}\n"
	"table{border-collapse:collapse;width:100%}td,th{padding:.3rem .7rem;text-align:right;"
	"border-bottom:1px solid var(--line)}td:first-child,th:first-child{text-align:left}\n"
	"svg{width:100%;height:auto;display:block;margin:.4rem 0}"
	"text{fill:var(--soft);font:12px system-ui,sans-serif}\n"
	".key{display:inline-block;margin-right:1rem;color:var(--soft)}"
	".key i{display:inline-block;width:.8em;height:.8em;margin-right:.35em}\n"
	".soft{color:var(--soft)}.bad{color:#d93025;font-weight:600}\n"
	"</style>\n";

static void escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

static void legend(FILE *out, const struct timeline *timeline)
{
	const uint64_t *total = timeline->bytes[TIMELINE_STEPS - 1];
	char size[16];

	fputs("<p>", out);
	for (unsigned i = 0; i < CVM_CAUSES; i++) {
		enum cvm_cause cause = order[i];

		if (!total[cause])
			continue;
		fprintf(out, "<span class=key><i style='background:%s'></i>%s %s</span>",
			colours[cause], cvm_cause_name(cause), print_size(size, total[cause]));
	}
	fputs("</p>\n", out);
}

/* One area for each cause, each on top of those before it. */
static void areas(FILE *out, const struct timeline *timeline, uint64_t top)
{
	uint64_t below[TIMELINE_STEPS] = { 0 };

	for (unsigned i = 0; i < CVM_CAUSES; i++) {
		enum cvm_cause cause = order[i];

		if (!timeline->bytes[TIMELINE_STEPS - 1][cause])
			continue;
		fprintf(out, "<path fill='%s' d='M0 %d", colours[cause], HEIGHT);
		for (unsigned step = 0; step < TIMELINE_STEPS; step++) {
			uint64_t sum = below[step] + timeline->bytes[step][cause];

			fprintf(out, "L%.1f %.1f", (step + 1.0) * WIDTH / TIMELINE_STEPS,
				HEIGHT - (double)sum * HEIGHT / (double)top);
		}
		for (unsigned step = TIMELINE_STEPS; step-- > 0;) {
			fprintf(out, "L%.1f %.1f", (step + 1.0) * WIDTH / TIMELINE_STEPS,
				HEIGHT - (double)below[step] * HEIGHT / (double)top);
			below[step] += timeline->bytes[step][cause];
		}
		fprintf(out, "Z'><title>%s</title></path>\n", cvm_cause_name(cause));
	}
}

/* A line where each stage begins, with its name above; on a second line if the first is taken. */
static void stages(FILE *out, const struct boot_result *result)
{
	double taken[2] = { 0, 0 };

	for (enum boot_stage stage = BOOT_STAGE_LOADER; stage <= result->report.stage; stage++) {
		double x =
			(double)result->report.ns[stage] * WIDTH / (double)result->timeline->end_ns;
		bool last = stage == BOOT_STAGE_SHELL;
		unsigned row = x < taken[0] || (last && x < taken[0] + LABEL);

		taken[row] = x + LABEL;
		fprintf(out,
			"<line x1='%.1f' x2='%.1f' y1='0' y2='%d' stroke='var(--soft)' "
			"stroke-dasharray='3 3'/><text x='%.1f' y='%d' "
			"text-anchor='%s'>%s</text>\n",
			x, x, HEIGHT, x, row ? -16 : -4, last ? "end" : "start",
			boot_stage_name(stage));
	}
}

static void chart(FILE *out, const struct boot_result *result)
{
	const struct timeline *timeline = result->timeline;
	uint64_t top = timeline_sum(timeline->bytes[TIMELINE_STEPS - 1]);
	char size[16];

	fprintf(out, "<svg viewBox='0 -28 %d %d' role=img aria-label='accepted over time'>\n",
		WIDTH, HEIGHT + 52);
	areas(out, timeline, top ? top : 1);
	stages(out, result);
	fprintf(out,
		"<line x1='0' x2='%d' y1='%d' y2='%d' stroke='var(--line)'/><text x='0' y='%d'>0 "
		"s</text><text x='%d' y='%d' text-anchor='end'>%.3f s, %s accepted</text></svg>\n",
		WIDTH, HEIGHT, HEIGHT, HEIGHT + 16, WIDTH, HEIGHT + 16,
		(double)timeline->end_ns / 1e9, print_size(size, top));
}

/* Each cell in the colour of what accepted most of it, as strong as it is full. */
static void memory(FILE *out, const struct timeline *timeline)
{
	const int per_row = 64, side = WIDTH / per_row;
	size_t rows = (timeline->cells + (size_t)per_row - 1) / (size_t)per_row;
	char size[16];

	fprintf(out, "<svg viewBox='0 0 %d %zu' role=img aria-label='map of memory'>\n", WIDTH,
		rows * (size_t)side);
	for (size_t i = 0; i < timeline->cells; i++) {
		const uint64_t *cell = timeline->cell[i];
		uint64_t sum = timeline_sum(cell);
		unsigned most = 0;

		for (unsigned cause = 1; cause < CVM_CAUSES; cause++)
			if (cell[cause] > cell[most])
				most = cause;
		fprintf(out, "<rect x='%zu' y='%zu' width='%d' height='%d' ",
			i % (size_t)per_row * (size_t)side, i / (size_t)per_row * (size_t)side,
			side - 1, side - 1);
		if (sum)
			fprintf(out, "fill='%s' opacity='%.2f'/>\n", colours[most],
				0.35 + 0.65 * (double)sum / (double)timeline->cell_bytes);
		else
			fputs("fill='var(--cell)'/>\n", out);
	}
	fprintf(out,
		"</svg><p class=soft>Each square is %s, lowest address first, row by row.</p>\n",
		print_size(size, timeline->cell_bytes));
}

static void table(FILE *out, const struct boot_result *results, size_t count)
{
	fputs("<table><tr><th>policy<th>time to shell<th>accepted<th>left<th>4 KiB<th>2 MiB"
	      "<th>1 GiB<th>touched too soon<th>accepted twice</tr>\n",
	      out);
	for (size_t i = 0; i < count; i++) {
		const struct hosted_stats *stats = &results[i].stats;
		char accepted[16], left[16];

		fprintf(out, "<tr><td>%s", boot_policy_name(results[i].policy));
		if (results[i].report.stage == BOOT_STAGE_SHELL)
			fprintf(out, "<td>%.3f s", results[i].seconds);
		else
			fputs("<td class=bad>not reached", out);
		fprintf(out,
			"<td>%s<td>%s<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td%s>%" PRIu64
			"<td%s>%" PRIu64 "</tr>\n",
			print_size(accepted, stats->emu.accepted_bytes),
			print_size(left, stats->emu.unaccepted_bytes), stats->emu.accepted[0],
			stats->emu.accepted[1], stats->emu.accepted[2],
			stats->violations ? " class=bad" : "", stats->violations,
			stats->emu.already_accepted ? " class=bad" : "",
			stats->emu.already_accepted);
	}
	fputs("</table>\n", out);
}

static void page(FILE *out, const struct boot_options *options, const struct boot_memory *machine,
		 const struct boot_result *results, size_t count)
{
	char size[16];

	fputs("<!doctype html>\n<meta charset=utf-8><meta name=viewport "
	      "content='width=device-width'>\n<title>cvmem boot</title>\n",
	      out);
	fputs(style, out);
	fprintf(out, "<h1>%s guest with %s of memory, %u vCPU%s</h1>\n<p class=soft>",
		options->platform == HOSTED_SNP ? "SEV-SNP" : "TDX",
		print_size(size, machine->usable), options->vcpus, options->vcpus == 1 ? "" : "s");
	escape(out, machine->source);
	fprintf(out, "; accepting 4 KiB takes %.1f us: ", (double)options->cost->ns_per_4k / 1000);
	escape(out, options->cost->source);
	fputs("</p>\n", out);
	table(out, results, count);
	boot_html_latency(out, results, count);
	for (size_t i = 0; i < count; i++) {
		const struct timeline *timeline = results[i].timeline;

		fprintf(out, "<h2>%s</h2>\n", boot_policy_name(results[i].policy));
		if (!timeline || !timeline->events) {
			fputs("<p>Nothing was accepted.</p>\n", out);
			continue;
		}
		legend(out, timeline);
		chart(out, &results[i]);
		memory(out, timeline);
		if (timeline->lost)
			fprintf(out, "<p class=bad>%" PRIu64 " events are missing.</p>\n",
				timeline->lost);
	}
}

bool boot_html(const struct boot_options *options, const struct boot_memory *memory_map,
	       const struct boot_result *results, size_t count)
{
	FILE *out = fopen(options->report, "w");
	bool ok = out;

	if (out) {
		page(out, options, memory_map, results, count);
		ok = !ferror(out);
		ok &= !fclose(out);
	}
	if (!ok)
		fprintf(stderr, "cvmem boot: %s: %s\n", options->report, strerror(errno));
	return ok;
}
