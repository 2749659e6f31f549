"""What every list of the console offers."""

from django.contrib import admin

from mes.console.exporting import download_rows

admin.site.add_action(download_rows)
