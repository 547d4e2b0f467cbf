using Row = SidecarPatterns.AgentOption<SidecarPatterns.LogSidecarOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="LogSidecarOptions"/> may be.</summary>
internal static class LogSidecarOptionRules
{
    /// <summary>What stands in the section besides, for the filters of all providers.</summary>
    public const string Levels = "LogLevel";

    public static AgentOptionTable<LogSidecarOptions> Table { get; } = new(
        Row.Switch("IncludeScopes", static options => options.IncludeScopes, static (options, value) => options.IncludeScopes = value),
        Row.Switch("FlushOnCrash", static options => options.FlushOnCrash, static (options, value) => options.FlushOnCrash = value),
        Row.Switch("File:Enabled", static options => options.File.Enabled, static (options, value) => options.File.Enabled = value),
        Row.Text(
            "File:Folder",
            "the path of a folder",
            static options => options.File.Folder,
            static (options, value) => options.File.Folder = value,
            static value => !string.IsNullOrWhiteSpace(value) && value.IndexOfAny(Path.GetInvalidPathChars()) < 0),
        Row.Text(
            "File:Name",
            "nothing, for the name of the application, or what a file can be called",
            static options => options.File.Name,
            static (options, value) => options.File.Name = value,
            static value => value is null || IsName(value)),
        Row.WholeNumber(
            "File:MaxBytes",
            static options => options.File.MaxBytes,
            static (options, value) => options.File.MaxBytes = value,
            LogSidecarConstants.MinSize,
            LogSidecarConstants.MaxSize),
        Row.WholeNumber(
            "File:MaxFiles",
            static options => options.File.MaxFiles,
            static (options, value) => options.File.MaxFiles = value,
            1,
            LogSidecarConstants.MaxMaxFiles),
        Row.WholeNumber(
            "File:MaxTotalBytes",
            static options => options.File.MaxTotalBytes,
            static (options, value) => options.File.MaxTotalBytes = value,
            LogSidecarConstants.MinSize,
            LogSidecarConstants.MaxSize),
        Row.OptionalPositiveDuration(
            "File:MaxAge", static options => options.File.MaxAge, static (options, value) => options.File.MaxAge = value, LogSidecarConstants.MaxMaxAge),
        Row.Switch("File:Compress", static options => options.File.Compress, static (options, value) => options.File.Compress = value));

    private static bool IsName(string text) =>
        text.Length > 0 && text.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && !text.Contains('+', StringComparison.Ordinal);
}
