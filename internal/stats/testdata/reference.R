# Reference values for the tests of package stats, from base R alone.
# Rscript --vanilla reference.R > reference.txt      (made with R 4.2.2)
# Each line: a name, then numbers.
out <- function(name, ...) cat(name, sprintf("%.17g", c(...)), "\n")
set.seed(20261123)
x <- round(rnorm(20), 1); y <- round(0.6 * x + rnorm(20), 1); g <- rnorm(20)
out("x", x); out("y", y); out("g", g)
out("ranks", rank(x)); out("first", rank(x, ties.method = "first"))
out("scores", qnorm((rank(x) - 0.5) / 20))
out("pearson", cor(x, y)); out("spearman", cor(x, y, method = "spearman"))
out("kendall", cor(x, y, method = "kendall"))
out("partial", cor(resid(lm(x ~ g)), resid(lm(y ~ g))))
out("residuals", resid(lm(y ~ g)))
out("fisher", cor.test(x, y, conf.level = 0.9)$conf.int)
out("quantiles", quantile(x, c(0, 0.05, 0.31, 0.5, 0.95, 1)))
out("wilson", prop.test(7, 20, correct = FALSE)$conf.int)
out("wilson0", prop.test(0, 20, correct = FALSE)$conf.int)
out("se", mean(y), sd(y) / sqrt(20))
p <- c(0.01, 0.8, 0.03, 0.04, 0.002, 0.03, 0.5, 0.0001)
out("p", p); out("holm", p.adjust(p, "holm")); out("bh", p.adjust(p, "BH")); out("by", p.adjust(p, "BY"))
chances <- c(0.25, 0.5, 0.2, 0.25, 0.1, 0.9, 0.33, 1, 0, 0.25)
pmf <- 1; for (q in chances) pmf <- c(pmf * (1 - q), 0) + c(0, pmf * q)
out("chances", chances); out("tail", rev(cumsum(rev(pmf))))
out("binomial", pbinom(699, 1000, 0.5, lower.tail = FALSE))
m <- matrix(rnorm(80), 16) + outer(rnorm(16), c(1, 1, 0.5, -0.2, 0.8))
out("columns", m)
e <- eigen(cor(m)); v <- e$vectors[, 1]; v <- v * sign(sum(v))
out("eigenvalues", e$values); out("loadings", v * sqrt(e$values[1])); out("factor", scale(scale(m) %*% v))
out("auc", unname(wilcox.test(x, y, exact = FALSE)$statistic) / 400)
sym <- function(n) { a <- matrix(round(rnorm(n * n), 2), n); (a + t(a)) / 2 }
a <- sym(5); b <- 0.8 * a + sym(5); out("a", a); out("b", b)
perms <- function(v) if (length(v) < 2) list(v) else do.call(c, lapply(seq_along(v), function(i) lapply(perms(v[-i]), function(w) c(v[i], w))))
up <- function(z) z[upper.tri(z)]
for (method in c("pearson", "spearman")) {
  s <- sapply(perms(1:5), function(q) cor(up(a), up(b[q, q]), method = method))
  obs <- cor(up(a), up(b), method = method)
  out(paste0("mantel.", method), obs, mean(s >= obs - 1e-12), mean(s))
}
cen <- diag(5) - 1 / 5
u <- matrix(rnorm(15), 5); w <- u[, 1:2] + matrix(rnorm(10), 5)
s <- cen %*% u %*% t(u) %*% cen; t <- cen %*% w %*% t(w) %*% cen
rv <- function(s, t) sum(s * t) / sqrt(sum(s * s) * sum(t * t))
r <- sapply(perms(1:5), function(q) rv(s, t[q, q]))
out("s", s); out("t", t); out("rv", rv(s, t), mean(r), mean(r >= rv(s, t) - 1e-12))
z <- matrix(rnorm(36), 12); d <- as.matrix(dist(z)); k <- exp(-d^2 / (2 * median(dist(z))^2))
mm <- function(q, i, j) if (identical(i, j)) (sum(q[i, i]) - sum(diag(q[i, i]))) / (length(i) * (length(i) - 1)) else mean(q[i, j])
i <- 1:5; j <- 6:12
out("z", t(z)); out("sigma", median(dist(z)))
out("kernel", mm(k, i, i), mm(k, j, j), mm(k, i, j)); out("energy", 2 * mm(d, i, j) - mm(d, i, i) - mm(d, j, j))
