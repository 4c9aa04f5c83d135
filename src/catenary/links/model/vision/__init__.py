"""Vision models as published: VGG, ResNet, GoogLeNet; weights come from files.

May call links, functions, initializers and serializers.
Called by `links`, which re-exports the models.
"""
