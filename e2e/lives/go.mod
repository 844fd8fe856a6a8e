module berth.dev/e2e/lives

go 1.22
