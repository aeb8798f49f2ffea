from django import template

register = template.Library()


@register.filter
def euros(cents):
    return "not on sale" if cents is None else f"€ {cents // 100}.{cents % 100:02d}"
